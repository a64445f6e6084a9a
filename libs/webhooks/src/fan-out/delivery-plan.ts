import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { placeholders, WebhooksDatabase, type SqlRow, type SqlValue } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import type { BuiltPayload } from './payload-builder.js';
import { WebhookDelivery, type WebhookDeliveryStatus } from './webhook-delivery.entity.js';
import { WebhookPayload } from './webhook-payload.entity.js';

/** An event and what its webhooks are to be sent. */
export interface PlannedEvent {
  readonly event: WebhookEvent;
  readonly payloads: readonly BuiltPayload[];
}

/** Stores payloads and deliveries, in the transaction that marks their events as fanned out. */
@Injectable()
export class DeliveryPlan {
  constructor(private readonly database: WebhooksDatabase) {}

  async store(manager: EntityManager, { event, payloads }: PlannedEvent, now: number): Promise<void> {
    const busy = await this.busyWebhooks(manager, event, payloads);
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
          due_at: busy.has(webhook.id) ? null : now,
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
   * The webhooks to which an earlier change of the same resource is still open: the new delivery has to wait for it.
   * The open ones are locked until this transaction ends, so that none is settled unseen: whoever settles it afterwards
   * finds the new delivery waiting and lets it go.
   */
  private async busyWebhooks(
    manager: EntityManager,
    event: WebhookEvent,
    payloads: readonly BuiltPayload[],
  ): Promise<ReadonlySet<string>> {
    const ids = payloads.flatMap(({ webhooks }) => webhooks.map(({ id }) => id));
    if (ids.length === 0) return new Set();
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT webhook_id FROM ${this.database.table(WebhookDelivery)}
        WHERE webhook_id IN (${placeholders(ids)}) AND resource_key = ? AND status = 'pending'
        ORDER BY id FOR UPDATE`,
      [...ids, event.resourceKey],
    );
    return new Set(rows.map((row) => String(row['webhook_id'])));
  }
}
