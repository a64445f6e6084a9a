import { PGlite } from '@electric-sql/pglite';

/** Wire messages of PostgreSQL's extended query protocol that leave a batch open: Parse, Bind, Describe, Execute, Close, Flush. */
const BATCH_MESSAGES: ReadonlySet<number> = new Set([...'PBDECH'].map((letter) => letter.charCodeAt(0)));

/**
 * A PGlite that keeps the messages of one client's batch together.
 *
 * The socket server schedules single protocol messages, and stays with a client only while it is in a transaction.
 * Between the messages of an extended-query batch, another connection of the pool could replace the unnamed statement
 * and portal. The result would be "portal does not exist", or the rows of another query. Therefore, this class treats
 * an open batch as a transaction. A batch ends with Sync, or with a simple query.
 */
export class BatchSafePGlite extends PGlite {
  private batchOpen = false;

  override execProtocolRawStream(
    ...[message, options]: Parameters<PGlite['execProtocolRawStream']>
  ): ReturnType<PGlite['execProtocolRawStream']> {
    this.batchOpen = BATCH_MESSAGES.has(message[0] ?? 0);
    return super.execProtocolRawStream(message, options);
  }

  override isInTransaction(): boolean {
    return this.batchOpen || super.isInTransaction();
  }

  /** The socket server uses this to roll back for a client that has disconnected. Its batch has then ended, too. */
  override exec(...[query, options]: Parameters<PGlite['exec']>): ReturnType<PGlite['exec']> {
    this.batchOpen = false;
    return super.exec(query, options);
  }
}
