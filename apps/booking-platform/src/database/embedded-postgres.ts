import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';
import { BatchSafePGlite } from './batch-safe-pglite.js';

/** More than the pool of this process opens. The server refuses further connections. */
const MAX_CONNECTIONS = 20;

/**
 * PostgreSQL inside this process, without an installation: PGlite on a Unix socket, for the ordinary `pg` driver.
 *
 * It runs one transaction at a time. A query on a second connection waits until the open transaction ends, so code
 * inside a transaction must use only that transaction's manager. Only one process may use a directory.
 */
export class EmbeddedPostgres {
  private constructor(
    private readonly db: BatchSafePGlite,
    private readonly server: PGLiteSocketServer,
    /** The `host` option for `pg`. */
    readonly socketDirectory: string,
  ) {}

  /** @param directory where the data is kept; null keeps it in memory */
  static async start(directory: string | null): Promise<EmbeddedPostgres> {
    if (directory !== null) await mkdir(directory, { recursive: true });
    const db = directory === null ? new BatchSafePGlite() : new BatchSafePGlite(directory);
    await db.waitReady;
    const socketDirectory = await mkdtemp(join(tmpdir(), 'booking-platform-'));
    const path = join(socketDirectory, '.s.PGSQL.5432');
    const server = new PGLiteSocketServer({ db, path, maxConnections: MAX_CONNECTIONS });
    await server.start();
    return new EmbeddedPostgres(db, server, socketDirectory);
  }

  /** Must be called after the last client has disconnected. */
  async stop(): Promise<void> {
    await this.server.stop();
    await this.db.close();
    await rm(this.socketDirectory, { recursive: true, force: true });
  }
}
