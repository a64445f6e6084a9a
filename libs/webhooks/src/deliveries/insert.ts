import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId, NO_LEASE } from '../database/ids.js';
import { groupedBy, type InsertRow } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock, type WebhookView } from '../host/webhooks-host.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { DeliveredWebhook, FreeSlots, InsertedDeliveries } from './handover.js';
import type { Lease, LeasedDelivery } from './claim.js';
import { LaneLocks, type GrowingResource } from './lane-locks.js';
import { laneKey, placeInLane, type PendingDelivery } from './lane-rule.js';
import { DeliveryLanes } from './lanes.js';
import { WebhookDelivery, type WebhookDeliveryStatus } from './webhook-delivery.entity.js';
import { WebhookPayload } from './webhook-payload.entity.js';

/** An event as webhooks with the same capabilities and language receive it. */
export interface BuiltPayload {
  readonly view: WebhookView;
  readonly webhooks: readonly DeliveredWebhook[];
  /** JSON text of `{ event, supplier, <object>, diff }`. */
  readonly body: string;
}

/** An event and its payloads. */
export interface PreparedEvent {
  readonly event: WebhookEvent;
  readonly payloads: readonly BuiltPayload[];
  /** The webhooks whose payload could not be built. Each gets a delivery in its lane, whose attempts try to build it. */
  readonly unbuilt: readonly DeliveredWebhook[];
}

/** A delivery that a partner has triggered, which gets the id of its event. */
export interface TriggeredDelivery extends Pick<WebhookEvent, 'id' | 'sequence' | 'resourceKey' | 'triggerRequestId'> {
  readonly webhookId: string;
}

/** A delivery that is about to be inserted. */
interface NewDelivery {
  readonly id: string;
  readonly webhookId: string;
  readonly payloadId: string;
  /** The body of its payload; null when it is yet to be built. */
  readonly body: string | null;
  readonly event: Pick<WebhookEvent, 'id' | 'sequence' | 'resourceKey' | 'triggerRequestId'>;
  /** null while it waits for an earlier one. */
  readonly dueAt: number | null;
  readonly isLeased: boolean;
}

/** Inserts payloads and deliveries, in the transaction that marks their events as fanned out. */
@Injectable()
export class DeliveryInserts {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly locks: LaneLocks,
    private readonly lanes: DeliveryLanes,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Inserts payloads and deliveries. A due delivery that gets a free slot is leased to this process from the start. It
   * is sent as soon as it is committed, without being claimed and read first.
   *
   * @param prepared in the order of their sequences
   * @param readSlots called after the lanes are locked
   */
  async insert(
    manager: EntityManager,
    prepared: readonly PreparedEvent[],
    readSlots: () => FreeSlots,
  ): Promise<InsertedDeliveries> {
    // Locking may block, so free slots are read and the lease begins only afterwards.
    const lanes = await this.locks.lock(manager, this.growing(prepared));
    const [freeSlots, now] = [readSlots(), this.clock.now()];
    const lease: Lease = { token: newId(), endsAt: now + this.options.dispatch.leaseMs };
    const superseded: PendingDelivery[] = [];
    const payloadRows: InsertRow[] = [];
    const deliveries: NewDelivery[] = [];
    for (const { event, payloads, unbuilt } of prepared) {
      const replaces = this.lanes.replaces(event);
      const { resourceKey } = event;
      for (const payload of [...payloads, ...unbuilt.map(unbuiltPayload)]) {
        const payloadId = newId();
        payloadRows.push(payloadRow(payloadId, event, payload, now));
        for (const webhook of payload.webhooks) {
          const webhookId = webhook.id;
          const key = laneKey({ webhookId, resourceKey });
          const { replaced, dueAt } = placeInLane(lanes.get(key) ?? [], replaces, now);
          superseded.push(...replaced);
          const id = newId();
          const isLeased = isDue(dueAt, now) && freeSlots.take(webhook);
          deliveries.push({ id, webhookId, payloadId, body: payload.body, event, dueAt, isLeased });
          // The next event of the resource follows it. It is not in the table yet, so nothing can replace it.
          const eventSequence = event.sequence;
          lanes.set(key, [{ id, webhookId, resourceKey, eventSequence, leased: true, dueAt, triggered: false }]);
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

  /**
   * Inserts triggered deliveries behind all others of their lanes; `DeliveryLanes.release` makes them due. Their payloads are
   * built when they are attempted, so that they show the state at their own turn.
   */
  async insertTriggered(manager: EntityManager, triggered: readonly TriggeredDelivery[]): Promise<void> {
    const now = this.clock.now();
    const deliveries = triggered.map((event): NewDelivery => {
      const { id, webhookId } = event;
      return { id, webhookId, payloadId: newId(), body: null, event, dueAt: null, isLeased: false };
    });
    await this.database.insert(
      manager,
      WebhookPayload,
      deliveries.map(({ payloadId, event }) => payloadRow(payloadId, event, UNBUILT, now)),
    );
    await this.database.insert(
      manager,
      WebhookDelivery,
      deliveries.map((delivery) => deliveryRow(delivery, NOT_LEASED, now)),
    );
  }

  private growing(prepared: readonly PreparedEvent[]): GrowingResource[] {
    const grown = groupedBy(prepared.filter(hasDeliveries), ({ event }) => event.resourceKey);
    return [...grown].map(([resourceKey, events]) => ({
      resourceKey,
      webhookIds: [...new Set(events.flatMap(webhookIdsOf))],
      replaces: events.some(({ event }) => this.lanes.replaces(event)),
    }));
  }
}

/** For deliveries that are not inserted with a lease. */
const NOT_LEASED: Lease = { token: NO_LEASE, endsAt: 0 };

/** A payload of which only the row is inserted. */
type RowPayload = Omit<BuiltPayload, 'body'> & { readonly body: string | null };

/** Its view is that of its webhook when it is built. */
const UNBUILT = { view: { capabilities: [], language: null }, body: null } as const;

function unbuiltPayload(webhook: DeliveredWebhook): RowPayload {
  return { ...UNBUILT, webhooks: [webhook] };
}

function hasDeliveries({ payloads, unbuilt }: PreparedEvent): boolean {
  return payloads.length + unbuilt.length > 0;
}

function webhookIdsOf({ payloads, unbuilt }: PreparedEvent): string[] {
  return [...payloads.flatMap(({ webhooks }) => webhooks), ...unbuilt].map(({ id }) => id);
}

function payloadRow(
  id: string,
  event: Pick<WebhookEvent, 'id'>,
  { view, body }: Omit<RowPayload, 'webhooks'>,
  now: number,
): InsertRow {
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
    const sharedBody = body === null ? null : (bytes.get(payloadId) ?? Buffer.from(body));
    if (sharedBody !== null) bytes.set(payloadId, sharedBody);
    return {
      id,
      leaseToken: lease.token,
      leaseEndsAt: lease.endsAt,
      webhookId,
      payloadId,
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
