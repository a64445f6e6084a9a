import { PGlite } from '@electric-sql/pglite';

/** Wire messages of PostgreSQL's extended query protocol that leave a batch open: Parse, Bind, Describe, Execute, Close, Flush. */
const BATCH_MESSAGES: ReadonlySet<number> = new Set([...'PBDECH'].map((letter) => letter.charCodeAt(0)));

/**
 * PGlite that keeps one client's batch together.
 *
 * The socket server schedules single protocol messages, and stays with a client only while that client is in a
 * transaction. Between the messages of an extended-query batch another connection of the pool would get its turn and
 * replace the unnamed statement and portal ("portal does not exist", or another query's rows). So an open batch counts
 * as a transaction here: it ends with Sync, or with a simple query.
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

  /** Used by the socket server to roll back for a client that went away: its batch is over too. */
  override exec(...[query, options]: Parameters<PGlite['exec']>): ReturnType<PGlite['exec']> {
    this.batchOpen = false;
    return super.exec(query, options);
  }
}
