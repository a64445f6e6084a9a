import type { EntityManager } from 'typeorm';
import type { JsonObject } from '../../octo/json.js';
import type { WebhookChange } from '../webhook-change.js';
import type { EmitOptions } from '../webhook-emitter.js';
import type { EmitWebhookOptions } from './emit-webhook.options.js';

type Input = readonly [result: unknown, ...args: unknown[]];

/** What a call of a decorated method has brought about. */
export interface ResultChanges {
  readonly changes: readonly WebhookChange[];
  readonly options: EmitOptions;
}

/**
 * The changes that a result stands for: one for each element of an array, none for null and undefined.
 *
 * @param result what the method resolved with
 * @param args what it was called with
 * @throws whatever a callback of the options throws
 */
export function resultChanges(options: EmitWebhookOptions, result: unknown, args: readonly unknown[]): ResultChanges {
  const items: readonly unknown[] = Array.isArray(result) ? result : [result];
  const inputs = items.filter((item) => item !== null && item !== undefined).map((item): Input => [item, ...args]);
  const [first] = inputs;
  const manager = first === undefined ? undefined : given<EntityManager | undefined>(options.manager, first);
  return {
    changes: inputs.map((input) => change(options, input)),
    options: manager === undefined ? {} : { manager },
  };
}

function change(options: EmitWebhookOptions, input: Input): WebhookChange {
  const [result] = input;
  const { event, after, manager: _, ...fields } = options;
  const entries = Object.entries(fields).map(([field, value]) => [field, given(value, input)]);
  // The options' types say which fields an event has, and `WebhookEmitter` checks each of them once more.
  return {
    ...Object.fromEntries(entries),
    event,
    after: after === undefined ? result : given<JsonObject>(after, input),
  } as WebhookChange;
}

/** The value of a field that is a constant or a function. */
function given<Value>(field: unknown, input: Input): Value {
  return (typeof field === 'function' ? Reflect.apply(field, undefined, input) : field) as Value;
}
