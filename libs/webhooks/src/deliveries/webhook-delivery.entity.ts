import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';

/** Finds the due deliveries of a webhook. With `due_at IS NULL`, it finds those that wait behind an earlier one. */
export const DUE_INDEX = 'octo_webhook_delivery_due_idx';
/** Finds and locks the pending deliveries of a resource. Its entries do not move while a delivery is pending. */
export const LANE_INDEX = 'octo_webhook_delivery_lane_idx';

/**
 * The status of a delivery. A delivery that is being sent is `pending` with a lease, because a separate status would be
 * wrong after a crash.
 */
export type WebhookDeliveryStatus =
  | 'pending'
  | 'delivered'
  /** All attempts failed, or it was dropped because it waited for too long or too many did. */
  | 'dead'
  /** Its webhook was deleted or deactivated before it was sent. */
  | 'cancelled'
  /** A newer state of the same availability took its place before it was sent. */
  | 'superseded';

/**
 * One event on its way to one webhook.
 *
 * While it is pending, `due_at` and `lease_token` define its state:
 *
 * - *behind*: an earlier delivery of its lane is pending. `due_at` is null.
 * - *due*: it is sent from `due_at` on, which may be in the future. `lease_token` is the nil UUID.
 * - *leased*: the process with this `lease_token` may be sending it. `due_at` is the end of the lease.
 *
 * Each arrow is one statement, in the file that it names:
 *
 * ```text
 * insert.ts ─┬─▶ behind ──lanes.ts──▶ due ──claim.ts──▶ leased ──settle.ts──▶ delivered, dead or cancelled
 *            ├──────────────────────▶ due
 *            └────────────────────────────────────────▶ leased (this process has a free slot)
 *
 * leased ────────settle.ts: it is tried again; claim.ts: it is given back──────▶ due
 * behind, due ───lanes.ts: a newer availability replaces it────────────────────▶ superseded
 * behind, due ───cancel.ts: its webhook is inactive or deleted─────────────────▶ cancelled
 * behind, due ───drop.ts: it waits for too long, or too many wait──────────────▶ dead
 * ```
 *
 * - A lease ends without a statement: after `due_at` the row is due again for every process. Settling and giving back
 *   check the token, so a process that has lost its lease changes nothing.
 * - The transaction that ends a delivery also makes the next one of its lane due. `insert.ts` locks the pending
 *   deliveries of the lane, so neither misses the other.
 * - A row that has ended (`settled_at` is set) never changes again. `maintenance/` removes it with its attempts.
 */
export class WebhookDelivery {
  /** Also the `webhook-id` header, the same over all attempts. */
  id!: string;
  webhookId!: string;
  payloadId!: string;
  /** The sequence of its event, which orders the changes. */
  eventSequence!: number;
  /** Deliveries of one webhook with the same key are sent in the order of their events. */
  resourceKey!: string;
  status!: WebhookDeliveryStatus;
  /** When to send it. While it is leased, the end of the lease; null while it is behind an earlier one, and when it has ended. */
  dueAt!: Date | null;
  /** The nil UUID when no process has claimed it. */
  leaseToken!: string;
  /** Attempts whose outcome is known. */
  attempts!: number;
  createdAt!: Date;
  /** When it was delivered, dead, cancelled or superseded; null while it is pending. */
  settledAt!: Date | null;
  /** Only for a delivery that was triggered over REST: the `requestId` of the response. */
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
