import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';
import type { TriggerQuery } from '../host/trigger-query.js';
import type { WebhookEventType } from '../octo/event-type.js';
import type { JsonObject } from '../octo/json.js';
import type { EntityReference } from './webhook-change.js';

/** Finds due events. */
export const DUE_EVENT_INDEX = 'octo_webhook_event_due_idx';
/** Finds the pending events of a resource, and those that were fanned out, in their order. */
export const RESOURCE_INDEX = 'octo_webhook_event_resource_idx';

/** The processing status of an event. */
export type WebhookEventStatus =
  | 'pending'
  /** A partner has triggered it, and it is not fanned out yet. It waits apart from what the host emits. */
  | 'triggered'
  | 'fanned_out'
  /** A newer state of the same availability was fanned out in its place. */
  | 'superseded'
  /** It could not be fanned out. */
  | 'failed';

/** Where to find the state before the change. */
export type WebhookBeforeSource =
  /** the host gave it */
  | 'given'
  /** there is none: the change created the resource */
  | 'created'
  /** it is the state after the resource's previous event; where none is stored, the one that the event holds, if any */
  | 'stored';

/**
 * The state before a change, stored as its differences from the state after it. Most changes affect few members, and
 * storing all the others twice would make the host's transaction a tenth slower.
 */
export interface EarlierState {
  /** The members that have another value in the later state, or are missing from it. */
  readonly had: JsonObject;
  /** The names of the members that only the later state has. */
  readonly lacked: readonly string[];
}

/** A change of one resource, written in the host's transaction. The table is the outbox. */
export class WebhookEvent {
  /** Orders the changes. Unlike a time, it is the same for all processes. */
  sequence!: number;
  id!: string;
  type!: WebhookEventType;
  supplierId!: string;
  /** The connections that may receive it; null for all connections of the supplier. */
  connectionIds!: string[] | null;
  /** Booking uuid, order id, product id or availability id. */
  resourceId!: string;
  /** Only for `availability_update`. */
  productId!: string | null;
  /** Only for `availability_update`. */
  optionId!: string | null;
  /** Changes with the same key stay in order. */
  resourceKey!: string;
  beforeSource!: WebhookBeforeSource;
  /** The differences of the state before from `after`; null when the event has none. */
  before!: EarlierState | null;
  /** The state after. For an event of a saved entity, fan-out replaces it by the state that partners receive. */
  after!: JsonObject;
  /** The row that was saved, for an event that a saved entity made. */
  entity!: EntityReference | null;
  status!: WebhookEventStatus;
  /** The time from which it may be fanned out. While it is claimed, the end of the lease. */
  dueAt!: Date;
  /** The token of the process that has claimed it; the nil UUID when none has. */
  leaseToken!: string;
  /** How often its fan-out has failed. */
  failures!: number;
  /** Why the last fan-out failed. */
  failureReason!: string | null;
  createdAt!: Date;
  /** Only for an event that was triggered over REST: the only webhook that receives it. */
  triggerWebhookId!: string | null;
  /** Only for an event that was triggered over REST: the `requestId` of the response. */
  triggerRequestId!: string | null;
  /** Only for an event that was triggered over REST: how its object is found again when it is its turn. */
  triggerQuery!: TriggerQuery | null;
}

export function webhookEventSchema(database: WebhookDatabaseType): EntitySchema<WebhookEvent> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookEvent>({
    name: 'WebhookEvent',
    target: WebhookEvent,
    tableName: 'octo_webhook_event',
    columns: {
      sequence: { ...types.sequence, name: 'sequence' },
      id: { ...types.uuid, name: 'id' },
      type: { ...types.word, name: 'type' },
      supplierId: { ...types.hostId, name: 'supplier_id' },
      connectionIds: { ...types.json, name: 'connection_ids', nullable: true },
      resourceId: { ...types.hostId, name: 'resource_id' },
      productId: { ...types.hostId, name: 'product_id', nullable: true },
      optionId: { ...types.hostId, name: 'option_id', nullable: true },
      resourceKey: { ...types.resourceKey, name: 'resource_key' },
      beforeSource: { ...types.word, name: 'before_source' },
      before: { ...types.json, name: 'before_state', nullable: true },
      after: { ...types.json, name: 'after_state' },
      entity: { ...types.json, name: 'entity', nullable: true },
      status: { ...types.status, name: 'status' },
      dueAt: { ...types.instant, name: 'due_at' },
      leaseToken: { ...types.uuid, name: 'lease_token' },
      failures: { ...types.count, name: 'failures' },
      failureReason: { ...types.text, name: 'failure_reason', nullable: true },
      createdAt: { ...types.instant, name: 'created_at' },
      triggerWebhookId: { ...types.uuid, name: 'trigger_webhook_id', nullable: true },
      triggerRequestId: { ...types.uuid, name: 'trigger_request_id', nullable: true },
      triggerQuery: { ...types.json, name: 'trigger_query', nullable: true },
    },
    indices: [
      { name: 'octo_webhook_event_id_idx', columns: ['id'], unique: true },
      { name: DUE_EVENT_INDEX, columns: ['status', 'dueAt'] },
      { name: RESOURCE_INDEX, columns: ['resourceKey', 'status', 'sequence'] },
    ],
  });
}
