import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProductState } from './product.state.js';

/** A tour or attraction. */
@Entity('product')
export class ProductEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ name: 'supplier_id', type: 'varchar', length: 36 })
  supplierId!: string;

  @Column({ type: 'simple-json' })
  definition!: ProductState;
}
