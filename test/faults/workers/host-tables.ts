import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A booking or an availability of the host. Its row is locked while it is changed. */
@Entity('host_resource')
export class HostResource {
  @PrimaryColumn('varchar', { length: 40 })
  id!: string;

  /** The version of its latest committed change; 0 before the first. */
  @Column('int')
  version!: number;
}

/** A change that was committed. Exactly the changes in this table must arrive. */
@Entity('host_change')
export class HostChange {
  /** A random UUID, which the deliveries carry. */
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  resource!: string;

  @Column('int')
  version!: number;

  /** When it was made, in ms since 1970. It decides to which phase the change belongs. */
  @Column('bigint', { transformer: { to: (value: number) => value, from: Number } })
  at!: number;
}
