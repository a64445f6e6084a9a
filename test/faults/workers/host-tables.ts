import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A booking or an availability of the host's: its row is locked while it is changed. */
@Entity('host_resource')
export class HostResource {
  @PrimaryColumn('varchar', { length: 40 })
  id!: string;

  /** The version of its latest committed change; 0 before the first. */
  @Column('int')
  version!: number;
}

/** A change that was committed. What is in this table, and only that, must arrive. */
@Entity('host_change')
export class HostChange {
  /** A random UUID, which the deliveries carry. */
  @PrimaryColumn('varchar', { length: 36 })
  id!: string;

  @Column('varchar', { length: 40 })
  resource!: string;

  @Column('int')
  version!: number;

  /** When it was made, in ms since 1970: so that it can be counted to its phase. */
  @Column('bigint', { transformer: { to: (value: number) => value, from: Number } })
  at!: number;
}
