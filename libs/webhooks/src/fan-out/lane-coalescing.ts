import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/no-lease.js';
import { placeholders, tuplePlaceholders, WebhooksDatabase, type SqlRow } from '../database/webhooks-database.js';
import { groupedBy } from '../grouping.js';
import type { WebhookEventType } from '../octo/event-type.js';
import { LANE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';

const AVAILABILITY: WebhookEventType = 'availability_update';

/** What all changes of one resource on their way to one webhook have in common. */
export interface Lane {
  readonly webhookId: string;
  readonly resourceKey: string;
}

/** A delivery of a lane that has not come to its end. */
export interface OpenDelivery extends Lane {
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
  async supersede(manager: EntityManager, deliveries: readonly OpenDelivery[], now: number): Promise<void> {
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
    const superseded: OpenDelivery[] = [];
    for (const lane of byLane(await this.open(manager, keys)).values()) {
      const [oldest, newest] = [lane[0], lane.at(-1)];
      if (oldest === undefined || newest === undefined || outdated(lane).length !== lane.length) continue;
      superseded.push(...lane.slice(0, -1));
      if (newest !== oldest) await this.setDue(manager, newest.id, oldest.dueAt);
    }
    await this.supersede(manager, superseded, now);
  }

  private async open(manager: EntityManager, keys: readonly (readonly string[])[]): Promise<OpenDelivery[]> {
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT id, webhook_id, resource_key, lease_token, due_at, trigger_request_id
         FROM ${this.table} ${this.database.byIndex(LANE_INDEX)}
        WHERE (resource_key, status, webhook_id) IN (${tuplePlaceholders(keys)})
        ORDER BY event_sequence`,
      keys.flat(),
    );
    return rows.map(openDelivery);
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
export function openDelivery(row: SqlRow): OpenDelivery {
  return {
    id: String(row['id']),
    webhookId: String(row['webhook_id']),
    resourceKey: String(row['resource_key']),
    leased: row['lease_token'] !== NO_LEASE,
    dueAt: row['due_at'] === null ? null : Number(row['due_at']),
    triggered: row['trigger_request_id'] !== null,
  };
}

/**
 * Which of a lane's open deliveries a newer state replaces: all that nobody has claimed. None where a partner has asked for
 * one of them: it is owed that one, in its place.
 */
export function outdated(lane: readonly OpenDelivery[]): readonly OpenDelivery[] {
  return lane.some(({ triggered }) => triggered) ? [] : lane.filter(({ leased }) => !leased);
}

/** Groups deliveries by lane, under its `laneKey`. */
export function byLane(deliveries: readonly OpenDelivery[]): Map<string, OpenDelivery[]> {
  return groupedBy(deliveries, laneKey);
}

export function laneKey({ webhookId, resourceKey }: Lane): string {
  return `${webhookId} ${resourceKey}`;
}
