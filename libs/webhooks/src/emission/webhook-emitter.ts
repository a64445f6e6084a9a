import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { WebhooksDatabase, type SqlValue } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import { isWebhookEventType, WEBHOOK_EVENT_TYPES } from '../octo/event-type.js';
import type { JsonObject } from '../octo/json.js';
import { ForeignEntityManagerError, InvalidWebhookChangeError } from '../webhooks.errors.js';
import { CommitSignal } from './commit-signal.js';
import type { WebhookChange } from './webhook-change.js';
import { WebhookEvent, type WebhookBeforeSource, type WebhookEventStatus } from './webhook-event.entity.js';

/** How an event is written. */
export interface EmitOptions {
  /**
   * The manager of the host's transaction. With it the event commits or rolls back with the change; without it the event
   * is committed on its own, which is right only where there is no transaction to join.
   */
  readonly manager?: EntityManager;
}

/** The event that was written. */
export interface EmittedEvent {
  readonly id: string;
}

const MAX_ID_LENGTH = 191;

/** Writes changes into the outbox. The host calls it where it changes a booking, an order, a product or an availability. */
@Injectable()
export class WebhookEmitter {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly commits: CommitSignal,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Writes one event: one INSERT in the transaction of `options.manager`. Nothing is matched, serialized or sent here;
   * that follows the commit.
   *
   * @throws InvalidWebhookChangeError when the change is incomplete or malformed; nothing was written
   * @throws ForeignEntityManagerError when the manager belongs to another data source; nothing was written
   */
  async emit(change: WebhookChange, options: EmitOptions = {}): Promise<EmittedEvent> {
    const manager = options.manager ?? this.database.manager;
    if (manager.dataSource !== this.database.manager.dataSource) throw new ForeignEntityManagerError();
    const id = uuidv7();
    await this.database.insert(manager, WebhookEvent, [{ id, ...this.toRow(change) }]);
    this.commits.emitted(manager);
    return { id };
  }

  private toRow(change: WebhookChange): Record<string, SqlValue> {
    if (!isWebhookEventType(change.event)) {
      throw new InvalidWebhookChangeError('event', `must be one of ${WEBHOOK_EVENT_TYPES.join(', ')}`);
    }
    const now = this.clock.now();
    return {
      type: change.event,
      supplier_id: id('supplierId', change.supplierId),
      connection_ids: audience(change),
      ...resource(change),
      ...states(change),
      status: 'pending' satisfies WebhookEventStatus,
      due_at: now,
      lease_token: null,
      failures: 0,
      error: null,
      created_at: now,
    };
  }
}

function resource(
  change: WebhookChange,
): Record<'resource_id' | 'product_id' | 'option_id' | 'resource_key', SqlValue> {
  // Ids hold no control characters, so the tab keeps keys apart that would else run into each other.
  const key = (...ids: string[]): string => [change.event, ...ids].join('\t');
  if (change.event !== 'availability_update') {
    const resourceId = id('resourceId', change.resourceId);
    return { resource_id: resourceId, product_id: null, option_id: null, resource_key: key(resourceId) };
  }
  const productId = id('productId', change.productId);
  const optionId = id('optionId', change.optionId);
  const availabilityId = id('availabilityId', change.availabilityId);
  return {
    resource_id: availabilityId,
    product_id: productId,
    option_id: optionId,
    resource_key: key(productId, optionId, availabilityId),
  };
}

function states(change: WebhookChange): Record<'before_source' | 'before_state' | 'after_state', SqlValue> {
  const after = state('after', change.after);
  const source = (value: WebhookBeforeSource): WebhookBeforeSource => value;
  if (change.event === 'availability_update' || change.before === undefined) {
    return { before_source: source('stored'), before_state: null, after_state: after };
  }
  return change.before === null
    ? { before_source: source('created'), before_state: null, after_state: after }
    : { before_source: source('given'), before_state: state('before', change.before), after_state: after };
}

function audience(change: WebhookChange): string | null {
  const { connectionIds } = change;
  if (connectionIds === undefined) {
    if (change.event === 'product_update' || change.event === 'availability_update') return null;
    throw new InvalidWebhookChangeError(
      'connectionIds',
      `must name the connections that own the ${change.event}'s object`,
    );
  }
  if (!Array.isArray(connectionIds) || connectionIds.length === 0) {
    throw new InvalidWebhookChangeError('connectionIds', 'must be a list of at least one connection id');
  }
  return JSON.stringify(connectionIds.map((connectionId, index) => id(`connectionIds[${index}]`, connectionId)));
}

function id(field: string, value: unknown): string {
  if (typeof value === 'string' && value !== '' && value.length <= MAX_ID_LENGTH && !/\p{Cc}/u.test(value))
    return value;
  throw new InvalidWebhookChangeError(
    field,
    `must be a text of 1 to ${MAX_ID_LENGTH} characters, none of them a control character`,
  );
}

function state(field: string, value: JsonObject): string {
  const given: unknown = value;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new InvalidWebhookChangeError(field, 'must be a JSON object');
  }
  try {
    return JSON.stringify(given);
  } catch (error) {
    throw new InvalidWebhookChangeError(
      field,
      `must be JSON, but is not: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}
