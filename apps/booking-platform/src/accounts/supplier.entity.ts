import { Column, Entity, PrimaryColumn } from 'typeorm';

/** The fields of a supplier besides its name, as in the OCTO supplier object. */
export type SupplierDetails = {
  reference: string;
  website: string;
  endpoint: string;
  contact: { website: string | null; email: string | null; telephone: string | null; address: string | null };
};

/** A company that runs tours and attractions. */
@Entity('supplier')
export class SupplierEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 255 })
  name!: string;

  @Column({ type: 'simple-json' })
  details!: SupplierDetails;

  /** SHA-256 of the key to the back office, in hex. The key itself is not stored anywhere. */
  @Column({ name: 'key_hash', type: 'varchar', length: 64 })
  keyHash!: string;
}
