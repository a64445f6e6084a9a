import { Inject, Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { WEBHOOKS_DATA_SOURCE, WebhooksDatabase } from '../database/webhooks-database.js';
import type { EventRow } from './event-row.js';
import { TransactionScope } from './transactions/transaction-scope.js';
import { WebhookEvent } from './webhook-event.entity.js';

/**
 * Notifies listeners in this process when events have been committed, so that they are fanned out at once. This is only
 * a hint. The poll finds the events of other processes, and those of a process that died after its commit.
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

  /** Calls the listener after each commit with events. */
  onCommit(listener: () => void): void {
    this.listeners.add(listener);
  }

  /** Must be called when an event has been inserted through the manager. */
  emitted(manager: EntityManager): void {
    const transaction = this.scope.current(manager.queryRunner);
    if (transaction === null) this.notify();
    else transaction.emitted = true;
  }

  private notify(): void {
    this.listeners.forEach((listener) => listener());
  }
}

/** The table of events that wait to be fanned out. */
@Injectable()
export class Outbox {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly commits: CommitSignal,
  ) {}

  /** Inserts events through the manager. They commit or roll back with its transaction, and fan-out is woken after the commit. */
  async write(manager: EntityManager, rows: readonly EventRow[]): Promise<void> {
    await this.database.insert(manager, WebhookEvent, rows);
    this.commits.emitted(manager);
  }
}
