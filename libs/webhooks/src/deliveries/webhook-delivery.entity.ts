import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';

/** The index by which what is due is found, webhook by webhook; and, due at no time, what waits for another delivery. */
export const DUE_INDEX = 'octo_webhook_delivery_due_idx';
/** The index by which what is open of a resource is found, and locked: no entry of it moves while a delivery is open. */
export const LANE_INDEX = 'octo_webhook_delivery_lane_idx';

/**
 * Where a delivery stands. A delivery that is being sent is `pending` and carries a lease: were it a state of its own,
 * a crash would leave it wrong.
 */
export type WebhookDeliveryStatus =
  | 'pending'
  | 'delivered'
  /** All attempts failed. */
  | 'dead'
  /** Its webhook was deleted or deactivated before it was sent. */
  | 'cancelled'
  /** A newer state of the same availability took its place before it was sent. */
  | 'superseded';

/** One event on its way to one webhook. */
export class WebhookDelivery {
  /** Also the `webhook-id` header, the same over all attempts. */
  id!: string;
  webhookId!: string;
  payloadId!: string;
  /** The event's place in the order of changes. */
  eventSequence!: number;
  /** Deliveries of one webhook with the same key go out in the order of their events. */
  resourceKey!: string;
  status!: WebhookDeliveryStatus;
  /** When it is to be sent; while it is claimed, when its lease ends; null while an earlier one of the resource is open. */
  dueAt!: Date | null;
  /** Of whoever has claimed it; the nil UUID when nobody has. */
  leaseToken!: string;
  /** Attempts whose outcome is known. */
  attempts!: number;
  createdAt!: Date;
  /** When it came to its end: delivered, dead, cancelled or superseded. */
  settledAt!: Date | null;
  /** Only for a delivery that was triggered over REST: the `requestId` of the answer. */
  triggerRequestId!: string | null;
}

export function webhookDeliverySchema(database: WebhookDatabaseType): EntitySchema<WebhookDelivery> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookDelivery>({
    name: 'WebhookDelivery',
    target: WebhookDelivery,
    tableName: 'octo_webhook_delivery',
    columns: {
      id: { ...types.uuid, name: 'id', primary: true },
      webhookId: { ...types.uuid, name: 'webhook_id' },
      payloadId: { ...types.uuid, name: 'payload_id' },
      eventSequence: { ...types.sequenceRef, name: 'event_sequence' },
      resourceKey: { ...types.resourceKey, name: 'resource_key' },
      status: { ...types.status, name: 'status' },
      dueAt: { ...types.instant, name: 'due_at', nullable: true },
      leaseToken: { ...types.uuid, name: 'lease_token' },
      attempts: { ...types.count, name: 'attempts' },
      createdAt: { ...types.instant, name: 'created_at' },
      settledAt: { ...types.instant, name: 'settled_at', nullable: true },
      triggerRequestId: { ...types.uuid, name: 'trigger_request_id', nullable: true },
    },
    indices: [
      { name: DUE_INDEX, columns: ['webhookId', 'status', 'dueAt'] },
      { name: LANE_INDEX, columns: ['resourceKey', 'status', 'webhookId', 'eventSequence'] },
      { name: 'octo_webhook_delivery_payload_idx', columns: ['payloadId'] },
    ],
  });
}
