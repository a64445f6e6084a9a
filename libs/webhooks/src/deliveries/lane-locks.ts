import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { numberOf, numberOrNull, placeholders, textOf, textOrNull, type DriverRow } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import { byLane, laneKey, type Lane, type PendingDelivery } from './lane-rule.js';
import { LANE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';

/** The most pending deliveries that are read to find the lanes of some resources. Behind a dead receiver there may be any number. */
const MOST_READ = 200;

/** A resource that gets new deliveries. */
export interface GrowingResource {
  readonly resourceKey: string;
  /** The webhooks that get a delivery of it. */
  readonly webhookIds: readonly string[];
  /** Whether the new deliveries may replace those that wait. */
  readonly replaces: boolean;
}

/** Locks lanes while deliveries are added to them. */
@Injectable()
export class LaneLocks {
  constructor(private readonly database: WebhooksDatabase) {}

  /**
   * The lanes of some resources, by `laneKey`, until the transaction ends. Where the new deliveries may replace others, all
   * pending ones of a lane are locked and returned. Elsewhere only the first one is, however long the lane is: it cannot be
   * settled meanwhile, and a process that settles it afterwards finds those behind it and makes the next one due.
   *
   * Only fan-out adds to a lane, and works on one event of a resource at a time, so an empty lane stays empty.
   */
  async lock(manager: EntityManager, resources: readonly GrowingResource[]): Promise<Map<string, PendingDelivery[]>> {
    const replaced = await this.whole(
      manager,
      resources.filter(({ replaces }) => replaces),
    );
    const followed = await this.firsts(
      manager,
      resources.filter(({ replaces }) => !replaces),
    );
    return byLane([...replaced, ...followed]);
  }

  private async whole(manager: EntityManager, resources: readonly GrowingResource[]): Promise<PendingDelivery[]> {
    if (resources.length === 0) return [];
    return this.database.select(
      manager,
      `SELECT ${PENDING_COLUMNS} FROM ${this.table} ${this.database.byIndex(LANE_INDEX)}
        WHERE resource_key IN (${placeholders(resources)}) AND status = 'pending'
        ORDER BY id FOR UPDATE`,
      resources.map(({ resourceKey }) => resourceKey),
      pendingDelivery,
    );
  }

  private async firsts(manager: EntityManager, resources: readonly GrowingResource[]): Promise<PendingDelivery[]> {
    if (resources.length === 0) return [];
    for (;;) {
      const found = await this.findFirsts(manager, resources);
      if (found.length === 0) return [];
      const locked = await this.database.select(
        manager,
        `SELECT ${PENDING_COLUMNS} FROM ${this.table} ${this.database.byIndex('PRIMARY')}
          WHERE id IN (${placeholders(found)}) AND status = 'pending'
          ORDER BY id FOR UPDATE`,
        found,
        pendingDelivery,
      );
      // One that has ended in between may have left others in its lane.
      if (locked.length === found.length) return locked;
    }
  }

  private async findFirsts(manager: EntityManager, resources: readonly GrowingResource[]): Promise<string[]> {
    const pending = await this.database.select(
      manager,
      `SELECT id, webhook_id, resource_key, event_sequence FROM ${this.table} ${this.database.byIndex(LANE_INDEX)}
        WHERE resource_key IN (${placeholders(resources)}) AND status = 'pending' LIMIT ${MOST_READ}`,
      resources.map(({ resourceKey }) => resourceKey),
      (row) => ({
        id: textOf(row, 'id'),
        webhookId: textOf(row, 'webhook_id'),
        resourceKey: textOf(row, 'resource_key'),
        eventSequence: numberOf(row, 'event_sequence'),
      }),
    );
    if (pending.length < MOST_READ) return firstIds(pending);
    return this.firstsOfLongLanes(manager, resources);
  }

  /** Reads one entry of the index for each webhook and resource. */
  private async firstsOfLongLanes(manager: EntityManager, resources: readonly GrowingResource[]): Promise<string[]> {
    const parts = resources.map(
      ({ webhookIds }) => `
        (SELECT (SELECT pending.id FROM ${this.table} pending ${this.database.byIndex(LANE_INDEX)}
                  WHERE pending.resource_key = ? AND pending.status = 'pending' AND pending.webhook_id = webhook.id
                  ORDER BY pending.webhook_id, pending.event_sequence
                  LIMIT 1) AS id
           FROM ${this.database.table(WebhookRow)} webhook WHERE webhook.id IN (${placeholders(webhookIds)}))`,
    );
    const ids = await this.database.select(
      manager,
      parts.join(' UNION ALL '),
      resources.flatMap(({ resourceKey, webhookIds }) => [resourceKey, ...webhookIds]),
      (row) => textOrNull(row, 'id'),
    );
    return ids.flatMap((id) => id ?? []);
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}

function firstIds(deliveries: readonly (Lane & { readonly id: string; readonly eventSequence: number })[]): string[] {
  const firsts = new Map<string, (typeof deliveries)[number]>();
  for (const delivery of deliveries) {
    const key = laneKey(delivery);
    if (delivery.eventSequence < (firsts.get(key)?.eventSequence ?? Infinity)) firsts.set(key, delivery);
  }
  return [...firsts.values()].map(({ id }) => id);
}

/** The columns that `pendingDelivery` reads. */
export const PENDING_COLUMNS = 'id, webhook_id, resource_key, event_sequence, lease_token, due_at, trigger_request_id';

export function pendingDelivery(row: DriverRow): PendingDelivery {
  return {
    id: textOf(row, 'id'),
    webhookId: textOf(row, 'webhook_id'),
    resourceKey: textOf(row, 'resource_key'),
    eventSequence: numberOf(row, 'event_sequence'),
    leased: textOf(row, 'lease_token') !== NO_LEASE,
    dueAt: numberOrNull(row, 'due_at'),
    triggered: textOrNull(row, 'trigger_request_id') !== null,
  };
}
