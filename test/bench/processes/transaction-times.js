import { now } from './now.js';

/**
 * How long a transaction took, in ms, and whether it claimed deliveries or events.
 * @typedef {{ ms: number, claimed: boolean }} TimedTransaction
 */

/** Notes how long the transactions of a data source take. */
export class TransactionTimes {
  /** @type {TimedTransaction[]} */
  ended = [];
  /** @type {WeakMap<import('typeorm').QueryRunner, { startedAt: number, skipsLocked: boolean, leases: boolean }>} */
  #open = new WeakMap();

  /** @param {import('typeorm').DataSource} dataSource */
  watch(dataSource) {
    dataSource.subscribers.push({
      beforeTransactionStart: ({ queryRunner }) => {
        // A savepoint belongs to the transaction that it stands in.
        if (this.#open.has(queryRunner)) return;
        this.#open.set(queryRunner, { startedAt: now(), skipsLocked: false, leases: false });
      },
      afterQuery: ({ queryRunner, query }) => {
        const transaction = this.#open.get(queryRunner);
        if (transaction === undefined) return;
        // A claim is known by what it cannot do without: it skips what others have locked, and writes a lease.
        transaction.skipsLocked ||= query.includes('SKIP LOCKED');
        transaction.leases ||= query.includes('UPDATE ') && query.includes('lease');
      },
      afterTransactionCommit: ({ queryRunner }) => this.#end(queryRunner),
      afterTransactionRollback: ({ queryRunner }) => this.#end(queryRunner),
    });
  }

  /** How long the claims took that found something, in ms. */
  get claims() {
    return this.ended.filter(({ claimed }) => claimed).map(({ ms }) => ms);
  }

  /** @param {import('typeorm').QueryRunner} queryRunner */
  #end(queryRunner) {
    const transaction = this.#open.get(queryRunner);
    if (transaction === undefined || queryRunner.isTransactionActive) return;
    this.#open.delete(queryRunner);
    this.ended.push({
      ms: now() - transaction.startedAt,
      claimed: transaction.skipsLocked && transaction.leases,
    });
  }
}
