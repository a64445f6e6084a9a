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

  async store(manager: EntityManager, planned: readonly PlannedEvent[], now: number): Promise<void> {
    const busy = await this.busyLanes(manager, planned);
    const payloadRows: Record<string, SqlValue>[] = [];
    const deliveryRows: Record<string, SqlValue>[] = [];
    for (const { event, payloads } of planned) {
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
            due_at: busy.has(lane(webhook.id, event.resourceKey)) ? null : now,
            lease_token: null,
            attempts: 0,
            created_at: now,
            settled_at: null,
            trigger_request_id: event.triggerRequestId,
          });
        }
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
  private async busyLanes(manager: EntityManager, planned: readonly PlannedEvent[]): Promise<ReadonlySet<string>> {
    const webhookIds = planned.flatMap(({ payloads }) =>
      payloads.flatMap(({ webhooks }) => webhooks.map(({ id }) => id)),
    );
    if (webhookIds.length === 0) return new Set();
    const unique = [...new Set(webhookIds)];
    const resourceKeys = planned.map(({ event }) => event.resourceKey);
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT webhook_id, resource_key FROM ${this.database.table(WebhookDelivery)}
        WHERE webhook_id IN (${placeholders(unique)}) AND resource_key IN (${placeholders(resourceKeys)})
          AND status = 'pending' ORDER BY id FOR UPDATE`,
      [...unique, ...resourceKeys],
    );
    return new Set(rows.map((row) => lane(String(row['webhook_id']), String(row['resource_key']))));
  }
}

/** All deliveries of one resource to one webhook: they go out one after the other. */
function lane(webhookId: string, resourceKey: string): string {
  return `${webhookId}\t${resourceKey}`;
}
