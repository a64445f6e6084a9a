import { messageOf } from '../database/error-text.js';
import { NO_LEASE } from '../database/ids.js';
import type { SqlValue } from '../database/sql.js';
import { hostIdProblem } from '../host/host-answers.js';
import { isWebhookEventType, WEBHOOK_EVENT_TYPES } from '../octo/event-type.js';
import { isJsonObject, type JsonObject } from '../octo/json.js';
import { InvalidWebhookChangeError } from '../webhooks.errors.js';
import type { EntityOrigin, WebhookChange } from './webhook-change.js';
import type { EarlierState, WebhookBeforeSource, WebhookEventStatus } from './webhook-event.entity.js';

/** A change, with what is known besides when a saved entity made it. */
export type EmittedChange = WebhookChange & Partial<EntityOrigin>;

/** One row of the outbox: column name to value. */
export type EventRow = Record<string, SqlValue>;

/**
 * Checks a change and makes its row.
 *
 * @throws InvalidWebhookChangeError
 */
export function eventRow(eventId: string, change: EmittedChange, now: number): EventRow {
  if (!isWebhookEventType(change.event)) {
    throw new InvalidWebhookChangeError('event', `must be one of ${WEBHOOK_EVENT_TYPES.join(', ')}`);
  }
  return {
    id: eventId,
    type: change.event,
    supplier_id: id('supplierId', change.supplierId),
    connection_ids: audience(change),
    ...resource(change),
    ...states(change),
    entity: change.entity === undefined ? null : JSON.stringify(change.entity),
    status: 'pending' satisfies WebhookEventStatus,
    due_at: now,
    lease_token: NO_LEASE,
    failures: 0,
    failure_reason: null,
    created_at: now,
    trigger_webhook_id: null,
    trigger_request_id: null,
    trigger_query: null,
  };
}

/**
 * The key that all changes of one resource share, and no changes of another.
 *
 * @throws InvalidWebhookChangeError
 */
export function resourceKey(change: WebhookChange): string {
  return resource(change).resource_key;
}

function resource(
  change: WebhookChange,
): Record<'resource_id' | 'product_id' | 'option_id', SqlValue> & { resource_key: string } {
  // Ids contain no control characters, so a tab separates them without ambiguity.
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

function states(change: EmittedChange): Record<'before_source' | 'before_state' | 'after_state', SqlValue> {
  const after = state('after', change.after);
  const source = (value: WebhookBeforeSource): WebhookBeforeSource => value;
  const row = { before_state: null, after_state: asJson('after', () => JSON.stringify(after)) };
  const given = change.event === 'availability_update' ? undefined : change.before;
  if (given === null) return { ...row, before_source: source('created') };
  const earlier = given ?? change.earlier;
  const before_source = source(given === undefined ? 'stored' : 'given');
  if (earlier === undefined) return { ...row, before_source };
  const before = state('before', earlier);
  return { ...row, before_source, before_state: asJson('before', () => earlierStateText(before, after)) };
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
  const problem = hostIdProblem(value);
  if (problem !== null) throw new InvalidWebhookChangeError(field, problem);
  return String(value);
}

function state(field: string, value: JsonObject): object {
  const given = asJson(field, () => asJsonSeesIt(value));
  if (isJsonObject(given)) return given;
  throw new InvalidWebhookChangeError(field, 'must be a JSON object');
}

function asJson<Result>(field: string, make: () => Result): Result {
  try {
    return make();
  } catch (error) {
    throw new InvalidWebhookChangeError(field, `must be JSON, but is not: ${messageOf(error)}`);
  }
}

/** Applies the object's own `toJSON`, if it has one. */
function asJsonSeesIt(value: JsonObject): unknown {
  const given: unknown = value;
  const hasOwnForm = typeof given === 'object' && given !== null && 'toJSON' in given;
  if (!hasOwnForm) return given;
  const text = JSON.stringify(given) as string | undefined;
  return text === undefined ? undefined : JSON.parse(text);
}

/**
 * An `EarlierState` as JSON text.
 *
 * @throws what `JSON.stringify` throws for a value that cannot be JSON
 */
export function earlierStateText(before: object, after: object): string {
  const earlier = new Map<string, unknown>(Object.entries(before));
  const later = new Map<string, unknown>(Object.entries(after));
  const had: string[] = [];
  const lacked: string[] = [];
  for (const name of new Set([...earlier.keys(), ...later.keys()])) {
    const [was, is] = [earlier.get(name), later.get(name)];
    // A value that the host has only copied does not have to be serialized.
    if (was === is) continue;
    const [text, laterText] = [jsonText(was), jsonText(is)];
    if (text === laterText) continue;
    if (text === undefined) lacked.push(name);
    else had.push(`${JSON.stringify(name)}:${text}`);
  }
  return `{"had":{${had.join(',')}},"lacked":${JSON.stringify(lacked)}}`;
}

/** The declared type is wrong: JSON.stringify() returns undefined for some values. */
function jsonText(value: unknown): string | undefined {
  return JSON.stringify(value);
}

/**
 * The complete earlier state. It shares no objects with the later one, because the host may change what it is given.
 *
 * @param after the later state with which it was compared
 */
export function wholeState({ had, lacked }: EarlierState, after: JsonObject): JsonObject {
  const members = new Map(Object.entries(structuredClone(after)));
  for (const name of lacked) members.delete(name);
  for (const [name, value] of Object.entries(had)) members.set(name, value);
  return Object.fromEntries(members);
}
