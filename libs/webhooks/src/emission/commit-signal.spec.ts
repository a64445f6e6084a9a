import { beforeEach, describe, expect, it } from '@jest/globals';
import type {
  DataSource,
  EntityManager,
  EntitySubscriberInterface,
  QueryRunner,
  TransactionCommitEvent,
} from 'typeorm';
import { CommitSignal } from './commit-signal.js';

/** What TypeORM calls at the end of a transaction or savepoint, and the state that its query runner has then. */
class Transaction {
  isTransactionActive = true;
  readonly data = {};
  readonly manager = { queryRunner: this } as unknown as EntityManager;

  constructor(private readonly subscribers: readonly EntitySubscriberInterface[]) {}

  async commit(): Promise<void> {
    this.isTransactionActive = false;
    await this.commitSavepoint();
  }

  async commitSavepoint(): Promise<void> {
    for (const subscriber of this.subscribers) await subscriber.afterTransactionCommit?.(this.event);
  }

  async rollback(): Promise<void> {
    this.isTransactionActive = false;
    for (const subscriber of this.subscribers) await subscriber.afterTransactionRollback?.(this.event);
  }

  private get event(): TransactionCommitEvent {
    return { queryRunner: this as unknown as QueryRunner } as TransactionCommitEvent;
  }
}

describe('CommitSignal', () => {
  const dataSource = { subscribers: [] as EntitySubscriberInterface[] };
  let signal: CommitSignal;
  let told: number;

  beforeEach(() => {
    dataSource.subscribers = [];
    told = 0;
    signal = new CommitSignal(dataSource as unknown as DataSource);
    signal.onCommit(() => (told += 1));
  });
  const begin = () => new Transaction(dataSource.subscribers);

  it('tells of a commit that brought events, once, and only after it', async () => {
    const transaction = begin();
    signal.emitted(transaction.manager);
    signal.emitted(transaction.manager);
    expect(told).toBe(0);
    await transaction.commit();
    expect(told).toBe(1);
  });

  it('does not tell of a commit without events, nor of a rollback', async () => {
    await begin().commit();
    const transaction = begin();
    signal.emitted(transaction.manager);
    await transaction.rollback();
    expect(told).toBe(0);
  });

  it('takes a query runner that is used again as new', async () => {
    const transaction = begin();
    signal.emitted(transaction.manager);
    await transaction.rollback();
    transaction.isTransactionActive = true;
    await transaction.commit();
    expect(told).toBe(0);
  });

  it('waits at the end of a savepoint for the transaction around it', async () => {
    const transaction = begin();
    signal.emitted(transaction.manager);
    await transaction.commitSavepoint();
    expect(told).toBe(0);
    await transaction.commit();
    expect(told).toBe(1);
  });

  it('tells at once of an event that was written outside of any transaction', () => {
    signal.emitted({} as EntityManager);
    expect(told).toBe(1);
  });

  it('tells every listener', () => {
    let second = 0;
    signal.onCommit(() => (second += 1));
    signal.emitted({} as EntityManager);
    expect([told, second]).toEqual([1, 1]);
  });
});
