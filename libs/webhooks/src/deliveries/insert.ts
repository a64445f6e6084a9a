import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId, NO_LEASE } from '../database/ids.js';
import type { InsertRow } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { FreeSlots, InsertedDeliveries } from './handover.js';
import type { Lease, LeasedDelivery } from './claim.js';
import { laneKey, placeInLane, type PendingDelivery } from './lane-rule.js';
import { DeliveryLanes } from './lanes.js';
import type { WebhookView } from '../host/webhooks-host.js';
import type { WebhookRow } from '../subscriptions/webhook.entity.js';
import { WebhookDelivery, type WebhookDeliveryStatus } from './webhook-delivery.entity.js';
import { WebhookPayload } from './webhook-payload.entity.js';

/** An event as webhooks with the same capabilities and language receive it. */
export interface BuiltPayload {
  readonly view: WebhookView;
  readonly webhooks: readonly Pick<WebhookRow, 'id'>[];
  /** JSON text of `{ event, supplier, <object>, diff }`. */
  readonly body: string;
}

/** An event and its payloads. */
export interface PreparedEvent {
  readonly event: WebhookEvent;
  readonly payloads: readonly BuiltPayload[];
}

/** A delivery that is about to be inserted. */
interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly payloadId: string;
  /** The body of its payload. */
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
    private readonly lanes: DeliveryLanes,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Inserts payloads and deliveries. A due delivery that gets a free slot is leased to this process from the start. It
   * is sent as soon as it is committed, without being claimed and read first.
   *
   * @param prepared at most one event for each lane
   * @param readSlots called after the lanes are locked
   */
  async insert(
    manager: EntityManager,
    prepared: readonly PreparedEvent[],
    readSlots: () => FreeSlots,
  ): Promise<InsertedDeliveries> {
    // Locking may block, so free slots are read and the lease begins only afterwards.
    const lanes = await this.lanes.lock(manager, resourceKeysOf(prepared));
    const [freeSlots, now] = [readSlots(), this.clock.now()];
    const lease: Lease = { token: newId(), endsAt: now + this.options.dispatch.leaseMs };
    const superseded: PendingDelivery[] = [];
    const payloadRows: InsertRow[] = [];
    const deliveries: NewDelivery[] = [];
    for (const { event, payloads } of prepared) {
      const replaces = this.lanes.replaces(event);
      for (const payload of payloads) {
        const payloadId = newId();
        payloadRows.push(payloadRow(payloadId, event, payload, now));
        for (const { id: webhookId } of payload.webhooks) {
          const lane = lanes.get(laneKey({ webhookId, resourceKey: event.resourceKey })) ?? [];
          const { replaced, dueAt } = placeInLane(lane, replaces, now);
          superseded.push(...replaced);
          // A triggered event has one delivery, and the partner knows its id already.
          const id = event.triggerRequestId === null ? newId() : event.id;
          const isLeased = isDue(dueAt, now) && freeSlots.take(webhookId);
          deliveries.push({ id, webhookId, payloadId, body: payload.body, event, dueAt, isLeased });
        }
      }
    }
    await this.lanes.supersede(manager, superseded);
    await this.database.insert(manager, WebhookPayload, payloadRows);
    await this.database.insert(
      manager,
      WebhookDelivery,
      deliveries.map((delivery) => deliveryRow(delivery, lease, now)),
    );
    const leased = deliveries.filter(({ isLeased }) => isLeased);
    const toClaim = deliveries.filter(({ isLeased, dueAt }) => !isLeased && isDue(dueAt, now));
    return {
      leased: leasedDeliveries(leased, lease),
      webhookIds: new Set(toClaim.map(({ webhookId }) => webhookId)),
    };
  }
}

/** The keys of the resources for which anything is inserted. */
function resourceKeysOf(prepared: readonly PreparedEvent[]): string[] {
  return prepared.filter(({ payloads }) => payloads.length > 0).map(({ event }) => event.resourceKey);
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

/** The deliveries in the form that a claim returns. Deliveries of one payload share its bytes. */
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
