import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager, type EntitySubscriberInterface, type QueryRunner } from 'typeorm';
import { WEBHOOKS_DATA_SOURCE } from '../database/webhooks-database.js';

const EMITTED = 'octoWebhooksEmitted';

/**
 * Tells who listens, in this process, that events have just been committed, so that they go out at once. A hint only:
 * the poll finds the events of other processes, and those whose process died after its commit.
 */
@Injectable()
export class CommitSignal {
  private readonly listeners = new Set<() => void>();

  constructor(@Inject(WEBHOOKS_DATA_SOURCE) dataSource: DataSource) {
    const subscriber: EntitySubscriberInterface = {
      afterTransactionCommit: ({ queryRunner }) => this.ended(queryRunner, true),
      afterTransactionRollback: ({ queryRunner }) => this.ended(queryRunner, false),
    };
    dataSource.subscribers.push(subscriber);
  }

  /** Calls the listener after each commit that brought events. */
  onCommit(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** To be called once an event has been written through the manager. */
  emitted(manager: EntityManager): void {
    const { queryRunner } = manager;
    if (queryRunner?.isTransactionActive) queryRunner.data[EMITTED] = true;
    else this.notify();
  }

  private ended(queryRunner: QueryRunner, committed: boolean): void {
    // The end of a savepoint: its transaction is still open and decides.
    if (queryRunner.isTransactionActive) return;
    const emitted = queryRunner.data[EMITTED] === true;
    delete queryRunner.data[EMITTED];
    if (emitted && committed) this.notify();
  }

  private notify(): void {
    this.listeners.forEach((listener) => listener());
  }
}
