import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { tuplePlaceholders, WebhooksDatabase, type SqlRow } from '../../database/webhooks-database.js';
import type { Lane } from '../../fan-out/lane-coalescing.js';
import { LANE_INDEX, WebhookDelivery } from '../../fan-out/webhook-delivery.entity.js';
import { WebhooksClock } from '../../host/clock.js';

/** Lets the next delivery of a lane go when the one before it has ended. */
@Injectable()
export class LaneFollowers {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Makes the next delivery due in each of the lanes, in the transaction that has ended the one before it.
   *
   * @returns the webhooks to which one may go now
   */
  async release(manager: EntityManager, lanes: readonly Lane[]): Promise<ReadonlySet<string>> {
    const next = lanes.length === 0 ? [] : await this.next(manager, lanes);
    if (next.length > 0) await this.makeDue(manager, next);
    return new Set(next.map(([webhookId]) => webhookId));
  }

  private async next(manager: EntityManager, lanes: readonly Lane[]): Promise<[string, string, string, string][]> {
    const keys = lanes.map(({ webhookId, resourceKey }) => [webhookId, resourceKey]);
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT webhook_id, resource_key, MIN(event_sequence) AS event_sequence
         FROM ${this.table} ${this.database.byIndex(LANE_INDEX)}
        WHERE (webhook_id, resource_key) IN (${tuplePlaceholders(keys)}) AND status = 'pending'
        GROUP BY webhook_id, resource_key`,
      keys.flat(),
    );
    return rows.map((row) => [
      String(row['webhook_id']),
      String(row['resource_key']),
      'pending',
      String(row['event_sequence']),
    ]);
  }

  private async makeDue(manager: EntityManager, keys: readonly (readonly string[])[]): Promise<void> {
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex(LANE_INDEX)} SET due_at = ?
        WHERE (webhook_id, resource_key, status, event_sequence) IN (${tuplePlaceholders(keys)}) AND due_at IS NULL`,
      [this.clock.now(), ...keys.flat()],
    );
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}
