import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { groupedBy, numberOf, numberOrNull, textOf, textOrNull, type DriverRow } from '../database/rows.js';
import { placeholders, tuplePlaceholders } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import type { WebhookEventType } from '../octo/event-type.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import type { ClaimedDelivery } from './lease.js';
import { DUE_INDEX, LANE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';

const AVAILABILITY: WebhookEventType = 'availability_update';

/** What all changes of one resource on their way to one webhook have in common. */
export interface Lane {
  readonly webhookId: string;
  readonly resourceKey: string;
}

/** A delivery of a lane that has not come to its end. */
export interface PendingDelivery extends Lane {
  readonly id: string;
  /** Whether a process has claimed it, and may be sending it. */
  readonly leased: boolean;
  /** null while it waits for an earlier one. */
  readonly dueAt: number | null;
  /** Whether a partner has asked for it, and knows its id. */
  readonly triggered: boolean;
}

/** Replaces waiting availability updates by newer ones: they have no diff, and only the latest state matters. */
@Injectable()
export class LaneCoalescing {
  constructor(private readonly database: WebhooksDatabase) {}

  /** Ends deliveries that nobody has claimed, because newer ones have taken their places. */
  async supersede(manager: EntityManager, deliveries: readonly PendingDelivery[], now: number): Promise<void> {
    if (deliveries.length === 0) return;
    const ids = deliveries.map(({ id }) => id);
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET status = 'superseded', settled_at = ?, due_at = NULL
        WHERE id IN (${placeholders(ids)}) AND status = 'pending' AND lease_token = '${NO_LEASE}'`,
      [now, ...ids],
    );
  }

  /** Leaves of each lane of an availability the newest delivery only, due when the oldest was. */
  async keepNewest(manager: EntityManager, lanes: readonly Lane[], now: number): Promise<void> {
    const keys = lanes
      .filter(({ resourceKey }) => resourceKey.startsWith(`${AVAILABILITY}\t`))
      .map(({ webhookId, resourceKey }) => [resourceKey, 'pending', webhookId]);
    if (keys.length === 0) return;
    const superseded: PendingDelivery[] = [];
    for (const lane of byLane(await this.open(manager, keys)).values()) {
      const [oldest, newest] = [lane[0], lane.at(-1)];
      if (oldest === undefined || newest === undefined || outdated(lane).length !== lane.length) continue;
      superseded.push(...lane.slice(0, -1));
      if (newest !== oldest) await this.setDue(manager, newest.id, oldest.dueAt);
    }
    await this.supersede(manager, superseded, now);
  }

  private async open(manager: EntityManager, keys: readonly (readonly string[])[]): Promise<PendingDelivery[]> {
    return this.database.select(
      manager,
      `SELECT id, webhook_id, resource_key, lease_token, due_at, trigger_request_id
         FROM ${this.table} ${this.database.byIndex(LANE_INDEX)}
        WHERE (resource_key, status, webhook_id) IN (${tuplePlaceholders(keys)})
        ORDER BY event_sequence`,
      keys.flat(),
      pendingDelivery,
    );
  }

  private async setDue(manager: EntityManager, id: string, dueAt: number | null): Promise<void> {
    await this.database.change(manager, `UPDATE ${this.table} SET due_at = ? WHERE id = ? AND status = 'pending'`, [
      dueAt,
      id,
    ]);
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}

/** Reads `id, webhook_id, resource_key, lease_token, due_at, trigger_request_id`. */
export function pendingDelivery(row: DriverRow): PendingDelivery {
  return {
    id: textOf(row, 'id'),
    webhookId: textOf(row, 'webhook_id'),
    resourceKey: textOf(row, 'resource_key'),
    leased: textOf(row, 'lease_token') !== NO_LEASE,
    dueAt: numberOrNull(row, 'due_at'),
    triggered: textOrNull(row, 'trigger_request_id') !== null,
  };
}

/**
 * Which of a lane's open deliveries a newer state replaces: all that nobody has claimed. None where a partner has asked for
 * one of them: it is owed that one, in its place.
 */
export function outdated(lane: readonly PendingDelivery[]): readonly PendingDelivery[] {
  return lane.some(({ triggered }) => triggered) ? [] : lane.filter(({ leased }) => !leased);
}

/** Groups deliveries by lane, under its `laneKey`. */
export function byLane(deliveries: readonly PendingDelivery[]): Map<string, PendingDelivery[]> {
  return groupedBy(deliveries, laneKey);
}

export function laneKey({ webhookId, resourceKey }: Lane): string {
  return `${webhookId} ${resourceKey}`;
}

/** A delivery that will not be sent any more. */
type EndedDelivery = Pick<ClaimedDelivery, 'id' | 'webhookId'>;

interface NextInLane extends Lane {
  readonly eventSequence: number;
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
    const rows = await this.database.select(
      manager,
      `SELECT webhook.id FROM ${this.database.table(WebhookRow)} webhook
        WHERE webhook.id IN (${placeholders([...webhookIds])})
          AND (SELECT follower.webhook_id FROM ${this.table} follower ${this.database.byIndex(DUE_INDEX)}
                WHERE follower.webhook_id = webhook.id AND follower.status = 'pending' AND follower.due_at IS NULL
                LIMIT 1) IS NOT NULL`,
      [...webhookIds],
      (row) => textOf(row, 'id'),
    );
    return new Set(rows);
  }

  private async next(manager: EntityManager, endedIds: readonly string[]): Promise<NextInLane[]> {
    return this.database.select(
      manager,
      `SELECT follower.webhook_id, follower.resource_key, MIN(follower.event_sequence) AS event_sequence
         FROM ${this.table} ended ${this.database.byIndex('PRIMARY')}
         JOIN ${this.table} follower ${this.database.byIndex(LANE_INDEX)}
           ON follower.resource_key = ended.resource_key AND follower.status = 'pending'
          AND follower.webhook_id = ended.webhook_id
        WHERE ended.id IN (${placeholders(endedIds)})
        GROUP BY follower.webhook_id, follower.resource_key`,
      endedIds,
      (row) => ({
        webhookId: textOf(row, 'webhook_id'),
        resourceKey: textOf(row, 'resource_key'),
        eventSequence: numberOf(row, 'event_sequence'),
      }),
    );
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
