import type { EntityManager } from 'typeorm';
import type { JsonObject } from '../../octo/json.js';
import type { WebhookChange } from '../webhook-change.js';
import type { EmitOptions } from '../webhook-emitter.js';
import type { EmitCall } from './emit-webhook.options.js';

/** The changes that one call of a decorated method emits. */
export interface ResultChanges {
  readonly changes: readonly WebhookChange[];
  readonly options: EmitOptions;
}

/**
 * Makes the changes of a result: one for each element of an array, none for null and undefined.
 *
 * @param fields the options of the decorator; `EmitWebhookOptions` has checked them against the method
 * @param result the value that the method resolved with
 * @param args the arguments of the call
 * @throws whatever a callback of the options throws
 */
export function resultChanges(fields: object, result: unknown, args: readonly unknown[]): ResultChanges {
  const { manager: managerOf, ...options }: { manager?: unknown } = fields;
  const items: readonly unknown[] = Array.isArray(result) ? result : [result];
  const calls = items.filter((item) => item !== null && item !== undefined).map((item) => ({ result: item, args }));
  const [first] = calls;
  const manager = first === undefined ? undefined : given<EntityManager | undefined>(managerOf, first);
  return {
    changes: calls.map((call) => change(options, call)),
    options: manager === undefined ? {} : { manager },
  };
}

function change(options: { after?: unknown }, call: EmitCall): WebhookChange {
  const { after, ...fields } = options;
  const entries = Object.entries(fields).map(([field, value]) => [field, given(value, call)]);
  // The type of the options defines the fields of each event, and `WebhookEmitter` checks them at run time.
  return {
    ...Object.fromEntries(entries),
    after: after === undefined ? call.result : given<JsonObject>(after, call),
  } as WebhookChange;
}

/** The value of a field that is a constant or a function. */
function given<Value>(field: unknown, call: EmitCall): Value {
  return (typeof field === 'function' ? Reflect.apply(field, undefined, [call]) : field) as Value;
}
