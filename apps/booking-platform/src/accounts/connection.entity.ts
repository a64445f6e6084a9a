import { Column, Entity, PrimaryColumn } from 'typeorm';

/** One reseller's key for one supplier. */
@Entity('reseller_connection')
export class ConnectionEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ name: 'supplier_id', type: 'varchar', length: 36 })
  supplierId!: string;

  /** SHA-256 of the key, in hex. The key itself is not stored anywhere. */
  @Column({ name: 'key_hash', type: 'varchar', length: 64 })
  keyHash!: string;

  /** The OCTO capabilities that this reseller may use. */
  @Column({ type: 'simple-json' })
  capabilities!: string[];
}
