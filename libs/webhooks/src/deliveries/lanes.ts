import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { numberOf, numberOrNull, placeholders, textOf, tuplePlaceholders } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { LeasedDelivery } from './claim.js';
import { PENDING_COLUMNS, pendingDelivery } from './lane-locks.js';
import { byLane, isAvailability, newestOfLane, type Lane, type PendingDelivery } from './lane-rule.js';
import { DUE_INDEX, LANE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';

/** A delivery that will not be sent again. */
type EndedDelivery = Pick<LeasedDelivery, 'id' | 'webhookId'>;

interface NextInLane extends Lane {
  readonly eventSequence: number;
}

/**
 * Keeps the deliveries of a lane in order, and replaces availabilities by newer ones. It applies the decisions of
 * `lane-rule.ts` in SQL.
 */
@Injectable()
export class DeliveryLanes {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** Whether the delivery of an event replaces older ones. */
  replaces(event: WebhookEvent): boolean {
    return this.options.dispatch.coalesceAvailability && isAvailability(event);
  }

  /** Ends deliveries that nobody has claimed, because newer ones replace them. */
  async supersede(manager: EntityManager, deliveries: readonly PendingDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const ids = deliveries.map(({ id }) => id);
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET status = 'superseded', settled_at = ?, due_at = NULL
        WHERE id IN (${placeholders(ids)}) AND status = 'pending' AND lease_token = '${NO_LEASE}'`,
      [this.clock.now(), ...ids],
    );
  }

  /**
   * Keeps only the newest delivery in the lanes of availabilities that must be sent again. It is due when the oldest
   * was. The lanes are locked: a process that claimed the oldest meanwhile would send both at once.
   */
  async keepNewest(manager: EntityManager, lanes: readonly Lane[]): Promise<void> {
    if (!this.options.dispatch.coalesceAvailability) return;
    const keys = lanes
      .filter(isAvailability)
      .map(({ webhookId, resourceKey }) => [resourceKey, 'pending', webhookId] as const);
    if (keys.length === 0) return;
    const pending = await this.database.select(
      manager,
      `SELECT ${PENDING_COLUMNS}
         FROM ${this.table} ${this.database.byIndex(LANE_INDEX)}
        WHERE (resource_key, status, webhook_id) IN (${tuplePlaceholders(keys)})
        ORDER BY id FOR UPDATE`,
      keys.flat(),
      pendingDelivery,
    );
    const superseded: PendingDelivery[] = [];
    for (const lane of byLane(pending).values()) {
      const kept = newestOfLane(lane.toSorted((one, other) => one.eventSequence - other.eventSequence));
      if (kept === null) continue;
      superseded.push(...kept.superseded);
      await this.setDue(manager, kept.newest.id, kept.dueAt);
    }
    await this.supersede(manager, superseded);
  }

  /**
   * Makes the next delivery due in the lanes of ended deliveries, in the transaction that has ended them.
   *
   * @returns the webhooks that have a delivery due now
   */
  async releaseNext(manager: EntityManager, ended: readonly EndedDelivery[]): Promise<ReadonlySet<string>> {
    const followed = await this.webhooksWithWaiting(manager, new Set(ended.map(({ webhookId }) => webhookId)));
    const endedIds = ended.filter(({ webhookId }) => followed.has(webhookId)).map(({ id }) => id);
    const next = endedIds.length === 0 ? [] : await this.next(manager, endedIds);
    if (next.length > 0) await this.makeDue(manager, next);
    return new Set(next.map(({ webhookId }) => webhookId));
  }

  /**
   * Makes the first delivery due in those of the lanes where none is. It waits for transactions that settle deliveries of these
   * lanes, because they may not have seen those that were inserted last.
   *
   * @returns the webhooks that have a delivery due now
   */
  async release(manager: EntityManager, lanes: readonly Lane[]): Promise<ReadonlySet<string>> {
    const keys = lanes.map(({ webhookId, resourceKey }) => [resourceKey, 'pending', webhookId] as const);
    if (keys.length === 0) return new Set();
    const inLanes = `${this.table} ${this.database.byIndex(LANE_INDEX)}
        WHERE (resource_key, status, webhook_id) IN (${tuplePlaceholders(keys)})`;
    const lock = `SELECT id FROM ${inLanes} AND due_at IS NOT NULL ORDER BY id FOR UPDATE`;
    await this.database.select(manager, lock, keys.flat(), (row) => textOf(row, 'id'));
    // Read only now: the transactions that were waited for may have made another one due.
    const next = await this.database.select(
      manager,
      `SELECT webhook_id, resource_key, MIN(event_sequence) AS event_sequence FROM ${inLanes}
        GROUP BY webhook_id, resource_key HAVING COUNT(due_at) = 0`,
      keys.flat(),
      (row) => ({
        webhookId: textOf(row, 'webhook_id'),
        resourceKey: textOf(row, 'resource_key'),
        eventSequence: numberOf(row, 'event_sequence'),
      }),
    );
    if (next.length > 0) await this.makeDue(manager, next);
    return new Set(next.map(({ webhookId }) => webhookId));
  }

  private async setDue(manager: EntityManager, id: string, dueAt: number | null): Promise<void> {
    await this.database.change(manager, `UPDATE ${this.table} SET due_at = ? WHERE id = ?`, [dueAt, id]);
  }

  /**
   * Those of the webhooks for which a delivery waits behind an earlier one. Most have none, so one query settles all
   * their lanes. The row of a deleted webhook stays while a delivery is pending, so none is missed.
   */
  private async webhooksWithWaiting(
    manager: EntityManager,
    webhookIds: ReadonlySet<string>,
  ): Promise<ReadonlySet<string>> {
    if (webhookIds.size === 0) return webhookIds;
    const ids = await this.database.select(
      manager,
      `SELECT webhook.id FROM ${this.database.table(WebhookRow)} webhook
        WHERE webhook.id IN (${placeholders([...webhookIds])})
          AND (SELECT follower.webhook_id FROM ${this.table} follower ${this.database.byIndex(DUE_INDEX)}
                WHERE follower.webhook_id = webhook.id AND follower.status = 'pending' AND follower.due_at IS NULL
                LIMIT 1) IS NOT NULL`,
      [...webhookIds],
      (row) => textOf(row, 'id'),
    );
    return new Set(ids);
  }

  private async next(manager: EntityManager, endedIds: readonly string[]): Promise<NextInLane[]> {
    const found = await this.database.select(
      manager,
      // One entry of the index is read for each delivery that ended, however long its lane is.
      `SELECT DISTINCT ended.webhook_id, ended.resource_key,
              (SELECT follower.event_sequence FROM ${this.table} follower ${this.database.byIndex(LANE_INDEX)}
                WHERE follower.resource_key = ended.resource_key AND follower.status = 'pending'
                  AND follower.webhook_id = ended.webhook_id
                ORDER BY follower.resource_key, follower.status, follower.webhook_id, follower.event_sequence LIMIT 1
              ) AS event_sequence
         FROM ${this.table} ended ${this.database.byIndex('PRIMARY')}
        WHERE ended.id IN (${placeholders(endedIds)})`,
      endedIds,
      (row) => ({
        webhookId: textOf(row, 'webhook_id'),
        resourceKey: textOf(row, 'resource_key'),
        eventSequence: numberOrNull(row, 'event_sequence'),
      }),
    );
    return found.flatMap(({ eventSequence, ...lane }) => (eventSequence === null ? [] : { ...lane, eventSequence }));
  }

  private async makeDue(manager: EntityManager, next: readonly NextInLane[]): Promise<void> {
    const keys = next.map(
      ({ webhookId, resourceKey, eventSequence }) => [resourceKey, 'pending', webhookId, eventSequence] as const,
    );
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
