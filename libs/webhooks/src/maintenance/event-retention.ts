import { Injectable } from '@nestjs/common';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { placeholders, WebhooksDatabase, type SqlRow } from '../database/webhooks-database.js';
import { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhookDelivery } from '../deliveries/webhook-delivery.entity.js';
import { WebhookPayload } from '../deliveries/webhook-payload.entity.js';
import type { RetentionLimits } from './table-walk.js';
import { PAGE_ROWS, removeRows, type TableWalk, type WalkedPage } from './table-walk.js';

const ENDED = "sequence = ? AND status <> 'pending'";

/** What the walk has to know of an event. */
interface EndedEvent {
  readonly sequence: number;
  readonly id: string;
  /** Whether it holds a state that a later event may be compared with. */
  readonly hasState: boolean;
  /** Whether it is old enough by itself. */
  readonly old: boolean;
}

/**
 * Removes payloads of which no delivery is left, and old events of which no payload is left. The last event of a resource
 * stays: the next change is compared with its state.
 */
@Injectable()
export class EventRetention implements TableWalk {
  private after = 0;

  constructor(private readonly database: WebhooksDatabase) {}

  async page(limits: RetentionLimits): Promise<WalkedPage> {
    const rows = await this.following();
    const ended = rows.filter((row) => createdAt(row) <= limits.any && row['status'] !== 'pending');
    const removed = ended.length === 0 ? 0 : await this.sweep(ended.map((row) => endedEvent(row, limits)));
    // Times are not quite in the order of sequences, as clocks differ: one young event is not the end yet.
    const young = rows.every((row) => createdAt(row) > limits.any);
    const end = rows.length < PAGE_ROWS || young ? undefined : rows.at(-1);
    this.after = end === undefined ? 0 : Number(end['sequence']);
    return { removed, last: end === undefined };
  }

  private async following(): Promise<SqlRow[]> {
    return this.database.select<SqlRow>(
      this.database.manager,
      `SELECT sequence, id, type, status, created_at, trigger_request_id FROM ${this.table}
        WHERE sequence > ? ORDER BY sequence LIMIT ${PAGE_ROWS}`,
      [this.after],
    );
  }

  /** Each statement may be the last before a crash: what is left behind the next sweep finds again. */
  private async sweep(events: readonly EndedEvent[]): Promise<number> {
    const payloads = await this.payloads(events);
    const unused = payloads.filter((row) => row['delivery_id'] === null).map((row) => String(row['id']));
    await this.remove(WebhookPayload, 'id = ?', unused);

    const used = new Set(payloads.filter((row) => row['delivery_id'] !== null).map((row) => String(row['event_id'])));
    const old = events.filter((event) => event.old && !used.has(event.id));
    const stateless = old.filter((event) => !event.hasState).map(({ sequence }) => sequence);
    const outdated = await this.outdated(old.filter((event) => event.hasState).map(({ sequence }) => sequence));
    return unused.length + (await this.remove(WebhookEvent, ENDED, [...stateless, ...outdated]));
  }

  private async payloads(events: readonly EndedEvent[]): Promise<SqlRow[]> {
    return this.database.select<SqlRow>(
      this.database.manager,
      `SELECT payload.id, payload.event_id,
              (SELECT delivery.id FROM ${this.database.table(WebhookDelivery)} delivery
                WHERE delivery.payload_id = payload.id LIMIT 1) AS delivery_id
         FROM ${this.database.table(WebhookPayload)} payload
        WHERE payload.event_id IN (${placeholders(events)})`,
      events.map(({ id }) => id),
    );
  }

  /**
   * Those of the given events after which the resource has another one. One that is pending does not count: its fan-out
   * has yet to be told the state before it.
   */
  private async outdated(sequences: readonly number[]): Promise<number[]> {
    if (sequences.length === 0) return [];
    const rows = await this.database.select<SqlRow>(
      this.database.manager,
      `SELECT event.sequence FROM ${this.table} event
        WHERE event.sequence IN (${placeholders(sequences)})
          AND (SELECT later.sequence FROM ${this.table} later
                WHERE later.resource_key = event.resource_key AND later.sequence > event.sequence
                  AND later.supplier_id = event.supplier_id AND later.trigger_request_id IS NULL
                  AND later.status <> 'pending'
                ORDER BY later.sequence LIMIT 1) IS NOT NULL`,
      sequences,
    );
    return rows.map((row) => Number(row['sequence']));
  }

  private async remove(
    entity: EntityTarget<ObjectLiteral>,
    condition: string,
    keys: readonly (string | number)[],
  ): Promise<number> {
    if (keys.length === 0) return 0;
    const removed = await this.database.transaction((manager) =>
      removeRows(this.database, manager, entity, condition, keys),
    );
    return removed.length;
  }

  private get table(): string {
    return this.database.table(WebhookEvent);
  }
}

function endedEvent(row: SqlRow, limits: RetentionLimits): EndedEvent {
  return {
    sequence: Number(row['sequence']),
    id: String(row['id']),
    // An availability is delivered without a diff, and what partners trigger is not compared with.
    hasState: row['type'] !== 'availability_update' && row['trigger_request_id'] === null,
    old: createdAt(row) <= (row['status'] === 'failed' ? limits.dead : limits.delivered),
  };
}

function createdAt(row: SqlRow): number {
  return Number(row['created_at']);
}
