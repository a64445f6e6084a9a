import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { placeholders, textOf } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import { DeliveryLanes } from './lanes.js';
import { DUE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';

/** Few enough that a partner who edits the webhook does not wait long. */
const BATCH = 500;
const WEBHOOKS_AT_ONCE = 100;

/**
 * Cancels the pending deliveries of webhooks that are deleted or inactive. A delivery that is being sent is left to its
 * process.
 */
@Injectable()
export class DeliveryCancellations {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    private readonly lanes: DeliveryLanes,
  ) {}

  /**
   * Cancels one batch of each inactive webhook's deliveries.
   *
   * @returns whether there may be more
   */
  async run(): Promise<boolean> {
    let cancelled = 0;
    for (const webhookId of await this.inactiveWebhooks()) cancelled += await this.cancelPending(webhookId);
    return cancelled > 0;
  }

  private async inactiveWebhooks(): Promise<string[]> {
    return this.database.select(
      this.database.manager,
      `SELECT webhook.id FROM ${this.webhookTable} webhook
        WHERE webhook.active = ?
          AND (SELECT pending.id FROM ${this.table} pending ${this.database.byIndex(DUE_INDEX)}
                WHERE pending.webhook_id = webhook.id AND pending.status = 'pending'
                  AND (pending.lease_token = '${NO_LEASE}' OR pending.due_at <= ?) LIMIT 1) IS NOT NULL
        LIMIT ${WEBHOOKS_AT_ONCE}`,
      [false, this.clock.now()],
      (row) => textOf(row, 'id'),
    );
  }

  private async cancelPending(webhookId: string): Promise<number> {
    return this.database.transaction(async (manager) => {
      if (!(await this.lockInactive(manager, webhookId))) return 0;
      const ids = await this.lockPending(manager, webhookId);
      if (ids.length === 0) return 0;
      await this.cancel(manager, ids);
      // The deliveries behind them must not wait for ever if the webhook is activated before the next batch.
      await this.lanes.releaseNext(
        manager,
        ids.map((id) => ({ id, webhookId })),
      );
      return ids.length;
    });
  }

  /** The lock prevents an activation until the transaction ends. A webhook that is just being activated is skipped. */
  private async lockInactive(manager: EntityManager, webhookId: string): Promise<boolean> {
    const rows = await this.database.select(
      manager,
      `SELECT id FROM ${this.webhookTable} WHERE id = ? AND active = ? FOR UPDATE SKIP LOCKED`,
      [webhookId, false],
      (row) => textOf(row, 'id'),
    );
    return rows.length > 0;
  }

  private async lockPending(manager: EntityManager, webhookId: string): Promise<string[]> {
    return this.database.select(
      manager,
      `SELECT id FROM ${this.table} ${this.database.byIndex(DUE_INDEX)}
        WHERE webhook_id = ? AND status = 'pending' AND (lease_token = '${NO_LEASE}' OR due_at <= ?)
        LIMIT ${BATCH} FOR UPDATE SKIP LOCKED`,
      [webhookId, this.clock.now()],
      (row) => textOf(row, 'id'),
    );
  }

  private async cancel(manager: EntityManager, ids: readonly string[]): Promise<void> {
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')}
          SET status = 'cancelled', settled_at = ?, due_at = NULL, lease_token = '${NO_LEASE}'
        WHERE id IN (${placeholders(ids)})`,
      [this.clock.now(), ...ids],
    );
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }

  private get webhookTable(): string {
    return this.database.table(WebhookRow);
  }
}
