import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { WEBHOOKS_DATA_SOURCE } from '../../database/webhooks-database.js';
import { TransactionScope } from './transaction-scope.js';

/**
 * Tells who listens, in this process, that events have just been committed, so that they go out at once. A hint only:
 * the poll finds the events of other processes, and those whose process died after its commit.
 */
@Injectable()
export class CommitSignal {
  private readonly listeners = new Set<() => void>();
  private readonly scope: TransactionScope<{ emitted: boolean }>;

  constructor(@Inject(WEBHOOKS_DATA_SOURCE) dataSource: DataSource) {
    this.scope = new TransactionScope(dataSource, {
      empty: () => ({ emitted: false }),
      merge: (outer, { emitted }) => {
        outer.emitted ||= emitted;
      },
      committed: ({ emitted }) => {
        if (emitted) this.notify();
      },
    });
  }

  /** Calls the listener after each commit that brought events. */
  onCommit(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** To be called once an event has been written through the manager. */
  emitted(manager: EntityManager): void {
    const transaction = this.scope.current(manager.queryRunner);
    if (transaction === null) this.notify();
    else transaction.emitted = true;
  }

  private notify(): void {
    this.listeners.forEach((listener) => listener());
  }
}
