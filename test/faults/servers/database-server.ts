import type { ServerKind } from '../../support/database-servers.js';

/** What can be done to a server that belongs to this run alone. */
export interface Restartable {
  kill(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A server with an empty database for this run. */
export interface DatabaseServer {
  readonly kind: ServerKind;
  /** Of the run's database, without a proxy in front. */
  readonly url: string;
  /** null when the server is not this run's to restart. */
  readonly restartable: Restartable | null;
  /** Ends the server, or drops the database. */
  close(): Promise<void>;
}
