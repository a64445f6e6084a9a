import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { placeholders, tuplePlaceholders, WebhooksDatabase, type SqlRow } from '../../database/webhooks-database.js';
import type { Lane } from '../../fan-out/lane-coalescing.js';
import { DUE_INDEX, LANE_INDEX, WebhookDelivery } from '../../fan-out/webhook-delivery.entity.js';
import { WebhooksClock } from '../../host/clock.js';
import { WebhookRow } from '../../subscriptions/webhook.entity.js';
import type { ClaimedDelivery } from './claimed-delivery.js';

/** A delivery that will not be sent any more. */
type EndedDelivery = Pick<ClaimedDelivery, 'id' | 'webhookId'>;

interface NextInLane extends Lane {
  readonly eventSequence: string;
}

/** Lets the next delivery of a lane go when the one before it has ended. */
@Injectable()
export class LaneFollowers {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Makes the next delivery due in the lanes of some that have ended, in the transaction that has ended them.
   *
   * @returns the webhooks to which one may go now
   */
  async release(manager: EntityManager, ended: readonly EndedDelivery[]): Promise<ReadonlySet<string>> {
    const followed = await this.withFollowers(manager, new Set(ended.map(({ webhookId }) => webhookId)));
    const endedIds = ended.filter(({ webhookId }) => followed.has(webhookId)).map(({ id }) => id);
    const next = endedIds.length === 0 ? [] : await this.next(manager, endedIds);
    if (next.length > 0) await this.makeDue(manager, next);
    return new Set(next.map(({ webhookId }) => webhookId));
  }

  /**
   * Those of the webhooks that have a delivery waiting for another: most have none, and one look tells for all lanes. The row
   * of a deleted webhook stays while anything waits for it, so none is missed.
   */
  private async withFollowers(manager: EntityManager, webhookIds: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    if (webhookIds.size === 0) return webhookIds;
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT webhook.id FROM ${this.database.table(WebhookRow)} webhook
        WHERE webhook.id IN (${placeholders([...webhookIds])})
          AND (SELECT follower.webhook_id FROM ${this.table} follower ${this.database.byIndex(DUE_INDEX)}
                WHERE follower.webhook_id = webhook.id AND follower.status = 'pending' AND follower.due_at IS NULL
                LIMIT 1) IS NOT NULL`,
      [...webhookIds],
    );
    return new Set(rows.map((row) => String(row['id'])));
  }

  private async next(manager: EntityManager, endedIds: readonly string[]): Promise<NextInLane[]> {
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT follower.webhook_id, follower.resource_key, MIN(follower.event_sequence) AS event_sequence
         FROM ${this.table} ended ${this.database.byIndex('PRIMARY')}
         JOIN ${this.table} follower ${this.database.byIndex(LANE_INDEX)}
           ON follower.resource_key = ended.resource_key AND follower.status = 'pending'
          AND follower.webhook_id = ended.webhook_id
        WHERE ended.id IN (${placeholders(endedIds)})
        GROUP BY follower.webhook_id, follower.resource_key`,
      endedIds,
    );
    return rows.map((row) => ({
      webhookId: String(row['webhook_id']),
      resourceKey: String(row['resource_key']),
      eventSequence: String(row['event_sequence']),
    }));
  }

  private async makeDue(manager: EntityManager, next: readonly NextInLane[]): Promise<void> {
    const keys = next.map(({ webhookId, resourceKey, eventSequence }) => [
      resourceKey,
      'pending',
      webhookId,
      eventSequence,
    ]);
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex(LANE_INDEX)} SET due_at = ?
        WHERE (resource_key, status, webhook_id, event_sequence) IN (${tuplePlaceholders(keys)}) AND due_at IS NULL`,
      [this.clock.now(), ...keys.flat()],
    );
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}
