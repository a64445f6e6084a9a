import { Column, Entity, PrimaryColumn } from 'typeorm';

/**
 * The places of one departure. The row is created at the first booking, or when the supplier changes it. Without a row,
 * no places are taken.
 */
@Entity('availability_slot')
export class SlotEntity {
  @PrimaryColumn({ name: 'product_id', type: 'varchar', length: 36 })
  productId!: string;

  @PrimaryColumn({ name: 'option_id', type: 'varchar', length: 36 })
  optionId!: string;

  /** The local start with its offset. */
  @PrimaryColumn({ type: 'varchar', length: 32 })
  id!: string;

  @Column({ type: 'int' })
  capacity!: number;

  @Column({ type: 'int' })
  taken!: number;

  /** Whether the supplier has taken it off sale. */
  @Column({ type: 'boolean' })
  closed!: boolean;
}
