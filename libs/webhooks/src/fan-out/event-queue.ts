import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { numberOf, placeholders, type SqlValue } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { RESOURCE_INDEX, WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';

/** Every statement that moves a claimed event of the outbox. */
@Injectable()
export class EventQueue {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Marks claimed events as fanned out, in the transaction that inserts their deliveries.
   *
   * @returns whether this process still held all of them; if not, the transaction must be rolled back
   */
  async complete(manager: EntityManager, events: readonly WebhookEvent[], leaseToken: string): Promise<boolean> {
    const completed = await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')}
          SET status = 'fanned_out', lease_token = '${NO_LEASE}', failure_reason = NULL
        WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'pending'`,
      [...events.map(({ sequence }) => sequence), leaseToken],
    );
    return completed === events.length;
  }

  /** Replaces the state with which the event was emitted by the state that partners receive. */
  async restate(manager: EntityManager, { sequence, after }: WebhookEvent): Promise<void> {
    // `before_state` is relative to the state that is replaced, and is no longer needed.
    await this.database.change(
      manager,
      `UPDATE ${this.table} SET before_state = NULL, after_state = ? WHERE sequence = ?`,
      [JSON.stringify(after), sequence],
    );
  }

  /**
   * The sequences of those events whose lease this process still holds. It waits for transactions that are changing
   * them.
   */
  async held(events: readonly WebhookEvent[], leaseToken: string): Promise<ReadonlySet<number>> {
    const rows = await this.database.retried(() =>
      this.database.select(
        this.database.manager,
        `SELECT sequence FROM ${this.table} ${this.database.byIndex('PRIMARY')}
          WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'pending' FOR UPDATE`,
        [...events.map(({ sequence }) => sequence), leaseToken],
        (row) => numberOf(row, 'sequence'),
      ),
    );
    return new Set(rows);
  }

  /** Gives claimed events back, so that they can be claimed again at once. */
  async giveBack(sequences: readonly number[], leaseToken: string): Promise<void> {
    if (sequences.length === 0) return;
    await this.release(`sequence IN (${placeholders(sequences)})`, sequences, leaseToken, 'PRIMARY');
  }

  /** Gives all claimed events of a resource back. */
  async giveBackAll({ resourceKey, supplierId }: WebhookEvent, leaseToken: string): Promise<void> {
    const values = [resourceKey, supplierId];
    await this.release('resource_key = ? AND supplier_id = ?', values, leaseToken, RESOURCE_INDEX);
  }

  /** Marks the pending events of a resource as superseded, from one that is claimed to the one before the newest. */
  async supersede(oldest: WebhookEvent, newest: WebhookEvent): Promise<void> {
    await this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex(RESOURCE_INDEX)}
            SET status = 'superseded', lease_token = '${NO_LEASE}'
          WHERE resource_key = ? AND status = 'pending' AND supplier_id = ? AND sequence >= ? AND sequence < ?`,
        [oldest.resourceKey, oldest.supplierId, oldest.sequence, newest.sequence],
      ),
    );
  }

  /**
   * Postpones a claimed event whose fan-out failed, or sets it to `failed`.
   *
   * @param retryAt when it is due again, in ms since 1970; null for `failed`
   */
  async fail(
    event: Pick<WebhookEvent, 'sequence' | 'failures'>,
    leaseToken: string,
    reason: string,
    retryAt: number | null,
  ): Promise<void> {
    await this.database.change(
      this.database.manager,
      `UPDATE ${this.table} SET status = ?, due_at = ?, failures = ?, failure_reason = ?, lease_token = '${NO_LEASE}'
        WHERE sequence = ? AND lease_token = ? AND status = 'pending'`,
      [
        retryAt === null ? 'failed' : 'pending',
        retryAt ?? this.clock.now(),
        event.failures + 1,
        reason,
        event.sequence,
        leaseToken,
      ],
    );
  }

  private async release(
    condition: string,
    values: readonly SqlValue[],
    leaseToken: string,
    index: string,
  ): Promise<void> {
    await this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex(index)} SET due_at = ?, lease_token = '${NO_LEASE}'
          WHERE ${condition} AND status = 'pending' AND lease_token = ?`,
        [this.clock.now(), ...values, leaseToken],
      ),
    );
  }

  private get table(): string {
    return this.database.table(WebhookEvent);
  }
}
