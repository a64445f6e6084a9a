import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId, NO_LEASE } from '../database/ids.js';
import { placeholders, type InsertRow } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { FreeSlots, InsertedDeliveries } from './handover.js';
import type { Lease, LeasedDelivery } from './lease.js';
import { byLane, LaneCoalescing, laneKey, pendingDelivery, outdated, type PendingDelivery } from './lanes.js';
import type { WebhookView } from '../host/webhooks-host.js';
import type { WebhookRow } from '../subscriptions/webhook.entity.js';
import { LANE_INDEX, WebhookDelivery, type WebhookDeliveryStatus } from './webhook-delivery.entity.js';
import { WebhookPayload } from './webhook-payload.entity.js';

/** What webhooks with the same capabilities and language are sent of an event. */
export interface BuiltPayload {
  readonly view: WebhookView;
  readonly webhooks: readonly Pick<WebhookRow, 'id'>[];
  /** JSON text of `{ event, supplier, <object>, diff }`. */
  readonly body: string;
}

/** An event and what its webhooks are to be sent. */
export interface PreparedEvent {
  readonly event: WebhookEvent;
  readonly payloads: readonly BuiltPayload[];
}

/** A delivery that is about to be stored. */
interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly payloadId: string;
  /** The text of its payload. */
  readonly body: string;
  readonly event: WebhookEvent;
  /** null while it waits for an earlier one. */
  readonly dueAt: number | null;
  readonly isLeased: boolean;
}

/** Inserts payloads and deliveries, in the transaction that marks their events as fanned out. */
@Injectable()
export class DeliveryInserts {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly coalescing: LaneCoalescing,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * A delivery that is due and finds a free slot is leased to this process from the start: it goes out as soon as it is committed, without
   * being found, leased and read first.
   *
   * @param prepared events of different resources
   * @param readSlots asked once the lanes are locked, which may take a while
   */
  async insert(
    manager: EntityManager,
    prepared: readonly PreparedEvent[],
    readSlots: () => FreeSlots,
  ): Promise<InsertedDeliveries> {
    // Locking may block, so free slots are read and the lease begins only afterwards.
    const lanes = await this.pendingByLane(manager, prepared);
    const [freeSlots, now] = [readSlots(), this.clock.now()];
    const lease: Lease = { token: newId(), endsAt: now + this.options.dispatch.leaseMs };
    const replaced = new Set<PendingDelivery>();
    const payloadRows: InsertRow[] = [];
    const deliveries: NewDelivery[] = [];
    for (const { event, payloads } of prepared) {
      for (const payload of payloads) {
        const payloadId = newId();
        payloadRows.push(payloadRow(payloadId, event, payload, now));
        for (const { id: webhookId } of payload.webhooks) {
          const lane = lanes.get(laneKey({ webhookId, resourceKey: event.resourceKey })) ?? [];
          if (this.replaces(event)) outdated(lane).forEach((pending) => replaced.add(pending));
          const due = dueAt(lane, replaced, now);
          // A triggered event has one delivery, whose id the partner has been told already.
          const id = event.triggerRequestId === null ? newId() : event.id;
          const isLeased = isDue(due, now) && freeSlots.take(webhookId);
          deliveries.push({ id, webhookId, payloadId, body: payload.body, event, dueAt: due, isLeased });
        }
      }
    }
    await this.coalescing.supersede(manager, [...replaced], now);
    await this.database.insert(manager, WebhookPayload, payloadRows);
    await this.database.insert(
      manager,
      WebhookDelivery,
      deliveries.map((delivery) => deliveryRow(delivery, lease, now)),
    );
    const leased = deliveries.filter(({ isLeased }) => isLeased);
    const toClaim = deliveries.filter(({ isLeased, dueAt: due }) => !isLeased && isDue(due, now));
    return {
      leased: leasedDeliveries(leased, lease),
      webhookIds: new Set(toClaim.map(({ webhookId }) => webhookId)),
    };
  }

  /**
   * The earlier changes of the same resources that are still open, by lane: a new delivery has to wait for them, or takes
   * their place. They are locked until this transaction ends, so that none is settled unseen: whoever settles it afterwards
   * finds the new delivery waiting and lets it go.
   */
  private async pendingByLane(
    manager: EntityManager,
    prepared: readonly PreparedEvent[],
  ): Promise<ReadonlyMap<string, readonly PendingDelivery[]>> {
    const keys = prepared.filter(({ payloads }) => payloads.length > 0).map(({ event }) => event.resourceKey);
    if (keys.length === 0) return new Map();
    const pending = await this.database.select(
      manager,
      `SELECT id, webhook_id, resource_key, lease_token, due_at, trigger_request_id
         FROM ${this.database.table(WebhookDelivery)} ${this.database.byIndex(LANE_INDEX)}
        WHERE resource_key IN (${placeholders(keys)}) AND status = 'pending'
        ORDER BY id FOR UPDATE`,
      keys,
      pendingDelivery,
    );
    return byLane(pending);
  }

  /** What a partner has triggered shows a state that was read before; it must not replace a newer one. */
  private replaces(event: WebhookEvent): boolean {
    return (
      this.options.dispatch.coalesceAvailability &&
      event.type === 'availability_update' &&
      event.triggerRequestId === null
    );
  }
}

function payloadRow(id: string, event: WebhookEvent, { view, body }: BuiltPayload, now: number): InsertRow {
  return {
    id,
    event_id: event.id,
    capabilities: JSON.stringify(view.capabilities),
    language: view.language,
    body,
    created_at: now,
  };
}

function deliveryRow(delivery: NewDelivery, lease: Lease, now: number): InsertRow {
  const { id, webhookId, payloadId, event, dueAt, isLeased } = delivery;
  return {
    id,
    webhook_id: webhookId,
    payload_id: payloadId,
    event_sequence: event.sequence,
    resource_key: event.resourceKey,
    status: 'pending' satisfies WebhookDeliveryStatus,
    due_at: isLeased ? lease.endsAt : dueAt,
    lease_token: isLeased ? lease.token : NO_LEASE,
    attempts: 0,
    created_at: now,
    settled_at: null,
    trigger_request_id: event.triggerRequestId,
  };
}

/** As a claim would give them. Those of one payload share its bytes. */
function leasedDeliveries(deliveries: readonly NewDelivery[], lease: Lease): LeasedDelivery[] {
  const bytes = new Map<string, Buffer>();
  return deliveries.map(({ id, webhookId, payloadId, body, event }) => {
    const sharedBody = bytes.get(payloadId) ?? Buffer.from(body);
    bytes.set(payloadId, sharedBody);
    return {
      id,
      leaseToken: lease.token,
      leaseEndsAt: lease.endsAt,
      webhookId,
      resourceKey: event.resourceKey,
      attempts: 0,
      eventId: event.id,
      sharedBody,
    };
  });
}

function isDue(dueAt: number | null, now: number): boolean {
  return dueAt !== null && dueAt <= now;
}

/** When a new delivery is due: now, or when those were that it replaces, or, waiting for others, never for now. */
function dueAt(lane: readonly PendingDelivery[], replaced: ReadonlySet<PendingDelivery>, now: number): number | null {
  if (lane.some((open) => !replaced.has(open))) return null;
  return lane.find((open) => open.dueAt !== null)?.dueAt ?? now;
}
