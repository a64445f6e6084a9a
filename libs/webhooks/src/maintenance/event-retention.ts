import { Injectable } from '@nestjs/common';
import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { numberOf, placeholders, textOf, textOrNull, type DriverRow } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhookDelivery } from '../deliveries/webhook-delivery.entity.js';
import { WebhookPayload } from '../deliveries/webhook-payload.entity.js';
import { WebhookEvent } from '../emission/webhook-event.entity.js';
import { PAGE_ROWS, removeRows, type RetentionLimits, type TableWalk, type WalkedPage } from './table-walk.js';

const ENDED = "sequence = ? AND status <> 'pending' AND status <> 'triggered'";

/** The fields of an event that the walk uses. */
interface WalkedEvent {
  readonly sequence: number;
  readonly id: string;
  readonly status: string;
  readonly createdAt: number;
  /** Whether a later event may be compared with its state. */
  readonly hasState: boolean;
}

interface WalkedPayload {
  readonly id: string;
  readonly eventId: string;
  /** Whether a delivery of it remains. */
  readonly used: boolean;
}

/**
 * Removes payloads without remaining deliveries, and old events without remaining payloads. The last event of a
 * resource stays, because the next change is compared with its state.
 */
@Injectable()
export class EventRetention implements TableWalk {
  private after = 0;

  constructor(private readonly database: WebhooksDatabase) {}

  async page(limits: RetentionLimits): Promise<WalkedPage> {
    const events = await this.following();
    const ended = events.filter(
      ({ createdAt, status }) => createdAt <= limits.any && status !== 'pending' && status !== 'triggered',
    );
    const removed = ended.length === 0 ? 0 : await this.sweep(ended, limits);
    // Creation times are not exactly in the order of sequences, because clocks differ. The walk ends only when a whole
    // page is young.
    const young = events.every(({ createdAt }) => createdAt > limits.any);
    const end = events.length < PAGE_ROWS || young ? undefined : events.at(-1);
    this.after = end === undefined ? 0 : end.sequence;
    return { removed, last: end === undefined };
  }

  private async following(): Promise<WalkedEvent[]> {
    return this.database.select(
      this.database.manager,
      `SELECT sequence, id, type, status, created_at, trigger_request_id FROM ${this.table}
        WHERE sequence > ? ORDER BY sequence LIMIT ${PAGE_ROWS}`,
      [this.after],
      walkedEvent,
    );
  }

  /** A crash after any statement does no harm, because the next sweep finds the rest. */
  private async sweep(events: readonly WalkedEvent[], limits: RetentionLimits): Promise<number> {
    const payloads = await this.payloads(events);
    const unused = payloads.filter(({ used }) => !used).map(({ id }) => id);
    await this.remove(WebhookPayload, 'id = ?', unused);

    const usedEvents = new Set(payloads.filter(({ used }) => used).map(({ eventId }) => eventId));
    const old = events.filter((event) => isOld(event, limits) && !usedEvents.has(event.id));
    const stateless = old.filter((event) => !event.hasState).map(({ sequence }) => sequence);
    const outdated = await this.outdated(old.filter((event) => event.hasState).map(({ sequence }) => sequence));
    return unused.length + (await this.remove(WebhookEvent, ENDED, [...stateless, ...outdated]));
  }

  private async payloads(events: readonly WalkedEvent[]): Promise<WalkedPayload[]> {
    return this.database.select(
      this.database.manager,
      `SELECT payload.id, payload.event_id,
              (SELECT delivery.id FROM ${this.database.table(WebhookDelivery)} delivery
                WHERE delivery.payload_id = payload.id LIMIT 1) AS delivery_id
         FROM ${this.database.table(WebhookPayload)} payload
        WHERE payload.event_id IN (${placeholders(events)})`,
      events.map(({ id }) => id),
      (row) => ({
        id: textOf(row, 'id'),
        eventId: textOf(row, 'event_id'),
        used: textOrNull(row, 'delivery_id') !== null,
      }),
    );
  }

  /**
   * Those of the given events that a later event of the same resource follows. Only one that was fanned out counts: a pending
   * one has yet to read the state before it, and the state of a failed one is never the state before another.
   */
  private async outdated(sequences: readonly number[]): Promise<number[]> {
    if (sequences.length === 0) return [];
    return this.database.select(
      this.database.manager,
      `SELECT event.sequence FROM ${this.table} event
        WHERE event.sequence IN (${placeholders(sequences)})
          AND (SELECT later.sequence FROM ${this.table} later
                WHERE later.resource_key = event.resource_key AND later.sequence > event.sequence
                  AND later.supplier_id = event.supplier_id AND later.trigger_request_id IS NULL
                  AND later.status = 'fanned_out'
                ORDER BY later.resource_key, later.status, later.sequence LIMIT 1) IS NOT NULL`,
      sequences,
      (row) => numberOf(row, 'sequence'),
    );
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

function walkedEvent(row: DriverRow): WalkedEvent {
  return {
    sequence: numberOf(row, 'sequence'),
    id: textOf(row, 'id'),
    status: textOf(row, 'status'),
    createdAt: numberOf(row, 'created_at'),
    // An availability is delivered without a diff, and no change is compared with a triggered event.
    hasState: textOf(row, 'type') !== 'availability_update' && textOrNull(row, 'trigger_request_id') === null,
  };
}

function isOld({ status, createdAt }: WalkedEvent, limits: RetentionLimits): boolean {
  return createdAt <= (status === 'failed' ? limits.dead : limits.delivered);
}
