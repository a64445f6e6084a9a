import type { ServerKind } from '../../support/database-servers.js';

/** Operations on a server that belongs to this run only. */
export interface Restartable {
  kill(): Promise<void>;
  stop(): Promise<void>;
  start(): Promise<void>;
}

/** A server with an empty database for this run. */
export interface DatabaseServer {
  readonly kind: ServerKind;
  /** The URL of the run's database, without the proxy. */
  readonly url: string;
  /** null when this run must not restart the server. */
  readonly restartable: Restartable | null;
  /** Ends the server, or drops the database. */
  close(): Promise<void>;
}
