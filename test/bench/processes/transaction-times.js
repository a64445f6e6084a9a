import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './now.js';

/** Notes how long the transactions of a data source take. */
export class TransactionTimes {
  /** In ms. @type {number[]} */
  ended = [];
  /** Of those that are under way. @type {Map<import('typeorm').QueryRunner, number>} */
  #startedAt = new Map();

  /** @param {import('typeorm').DataSource} dataSource */
  watch(dataSource) {
    dataSource.subscribers.push({
      beforeTransactionStart: ({ queryRunner }) => {
        // A savepoint belongs to its surrounding transaction.
        if (!this.#startedAt.has(queryRunner)) this.#startedAt.set(queryRunner, now());
      },
      afterTransactionCommit: ({ queryRunner }) => this.#end(queryRunner),
      afterTransactionRollback: ({ queryRunner }) => this.#end(queryRunner),
    });
  }

  /** Waits for running transactions: a commit may be visible to others before it is reported here. */
  async settled() {
    const asked = now();
    while ([...this.#startedAt.values()].some((startedAt) => startedAt <= asked)) await sleep(2);
  }

  /** @param {import('typeorm').QueryRunner} queryRunner */
  #end(queryRunner) {
    const startedAt = this.#startedAt.get(queryRunner);
    if (startedAt === undefined || queryRunner.isTransactionActive) return;
    this.#startedAt.delete(queryRunner);
    this.ended.push(now() - startedAt);
  }
}
