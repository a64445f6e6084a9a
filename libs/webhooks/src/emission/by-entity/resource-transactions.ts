import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { groupedBy } from '../../database/sql.js';
import { TransactionScope } from '../transactions/transaction-scope.js';
import type { WebhookChange } from '../webhook-change.js';
import type { WebhookEmitter } from '../webhook-emitter.js';
import { rowKey } from './emitting-entity.js';
import { resourceChange } from './resource-change.js';
import type { ResourceRows } from './resource-rows.js';
import { TouchedResources, type TouchedResource } from './touched-resources.js';

/** Gathers the resources that a transaction touches, and emits at its end. */
export class ResourceTransactions {
  private readonly scope: TransactionScope<TouchedResources>;
  /** What is touched outside of transactions. */
  private readonly loose = new WeakMap<QueryRunner, TouchedResources>();

  constructor(
    dataSource: DataSource,
    private readonly emitter: WebhookEmitter,
    private readonly rows: ResourceRows,
  ) {
    this.scope = new TransactionScope(dataSource, {
      empty: () => new TouchedResources(),
      merge: (outer, inner) => outer.addAll(inner),
      beforeCommit: async (touched, queryRunner) => {
        touched.isClosing = true;
        await this.tell(queryRunner);
      },
    });
  }

  /** What has been touched since the transaction, or savepoint, began that is open; without one, what has not been told. */
  touched(queryRunner: QueryRunner): TouchedResources {
    const inside = this.scope.current(queryRunner);
    if (inside !== null) return inside;
    const loose = this.loose.get(queryRunner) ?? new TouchedResources();
    this.loose.set(queryRunner, loose);
    return loose;
  }

  /** Whether no commit will tell of a change: there is no transaction, or its COMMIT is about to be sent. */
  isLate(queryRunner: QueryRunner): boolean {
    return this.scope.current(queryRunner)?.isClosing ?? true;
  }

  /**
   * Writes the events of what has been touched, all of them together.
   *
   * @throws whatever a function of a declaration throws, and what `WebhookEmitter.emitAll` does; nothing was written
   */
  async tell(queryRunner: QueryRunner): Promise<void> {
    const touched = this.touched(queryRunner);
    const taken = touched.take();
    try {
      await this.emit(queryRunner.manager, taken);
    } catch (error) {
      // Should the host go on in spite of the error, it gets it again.
      for (const untold of taken) touched.add(untold);
      throw error;
    }
  }

  private async emit(manager: EntityManager, touched: readonly TouchedResource[]): Promise<void> {
    const now = new Map<string, object>();
    for (const [resource, group] of groupedBy(touched, (one) => one.resource)) {
      const ids = group.map(({ id }) => id);
      const rows = await this.rows.load(manager, resource, ids);
      for (const [key, row] of rows) now.set(key, row);
    }
    const changes = touched.flatMap(({ resource, id, before }): WebhookChange[] => {
      const change = resourceChange(resource, before, now.get(rowKey(resource.metadata, id)) ?? null);
      return change === null ? [] : [change];
    });
    await this.emitter.emitAll(changes, { manager });
  }
}
