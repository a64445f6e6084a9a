import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { placeholders, WebhooksDatabase, type SqlRow, type SqlValue } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { byLane, LaneCoalescing, openDelivery, outdated, type OpenDelivery } from './lane-coalescing.js';
import type { BuiltPayload } from './payload-builder.js';
import { LANE_INDEX, WebhookDelivery, type WebhookDeliveryStatus } from './webhook-delivery.entity.js';
import { WebhookPayload } from './webhook-payload.entity.js';

/** An event and what its webhooks are to be sent. */
export interface PlannedEvent {
  readonly event: WebhookEvent;
  readonly payloads: readonly BuiltPayload[];
}

/** Stores payloads and deliveries, in the transaction that marks their events as fanned out. */
@Injectable()
export class DeliveryPlan {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly coalescing: LaneCoalescing,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  async store(manager: EntityManager, { event, payloads }: PlannedEvent, now: number): Promise<void> {
    const lanes = await this.openLanes(manager, event, payloads);
    const replaced = new Set(this.replaces(event) ? [...lanes.values()].flatMap(outdated) : []);
    await this.coalescing.supersede(manager, [...replaced], now);
    const payloadRows: Record<string, SqlValue>[] = [];
    const deliveryRows: Record<string, SqlValue>[] = [];
    for (const { view, webhooks, body } of payloads) {
      const payloadId = uuidv7();
      payloadRows.push({
        id: payloadId,
        event_id: event.id,
        capabilities: JSON.stringify(view.capabilities),
        language: view.language,
        body,
        created_at: now,
      });
      for (const webhook of webhooks) {
        deliveryRows.push({
          // A triggered event has one delivery, whose id the partner has been told already.
          id: event.triggerRequestId === null ? uuidv7() : event.id,
          webhook_id: webhook.id,
          payload_id: payloadId,
          event_sequence: event.sequence,
          resource_key: event.resourceKey,
          status: 'pending' satisfies WebhookDeliveryStatus,
          due_at: dueAt(lanes.get(webhook.id) ?? [], replaced, now),
          lease_token: null,
          attempts: 0,
          created_at: now,
          settled_at: null,
          trigger_request_id: event.triggerRequestId,
        });
      }
    }
    await this.database.insert(manager, WebhookPayload, payloadRows);
    await this.database.insert(manager, WebhookDelivery, deliveryRows);
  }

  /**
   * By webhook, the earlier changes of the same resource that are still open: the new delivery has to wait for them, or
   * takes their place. They are locked until this transaction ends, so that none is settled unseen: whoever settles it
   * afterwards finds the new delivery waiting and lets it go.
   */
  private async openLanes(
    manager: EntityManager,
    event: WebhookEvent,
    payloads: readonly BuiltPayload[],
  ): Promise<ReadonlyMap<string, readonly OpenDelivery[]>> {
    const ids = payloads.flatMap(({ webhooks }) => webhooks.map(({ id }) => id));
    if (ids.length === 0) return new Map();
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT id, webhook_id, resource_key, lease_token, due_at, trigger_request_id
         FROM ${this.database.table(WebhookDelivery)} ${this.database.byIndex(LANE_INDEX)}
        WHERE webhook_id IN (${placeholders(ids)}) AND resource_key = ? AND status = 'pending'
        ORDER BY id FOR UPDATE`,
      [...ids, event.resourceKey],
    );
    const lanes = new Map<string, readonly OpenDelivery[]>();
    for (const lane of byLane(rows.map(openDelivery))) if (lane[0] !== undefined) lanes.set(lane[0].webhookId, lane);
    return lanes;
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

/** When a new delivery is due: now, or when those were that it replaces, or, waiting for others, never for now. */
function dueAt(lane: readonly OpenDelivery[], replaced: ReadonlySet<OpenDelivery>, now: number): number | null {
  if (lane.some((open) => !replaced.has(open))) return null;
  return lane.find((open) => open.dueAt !== null)?.dueAt ?? now;
}
