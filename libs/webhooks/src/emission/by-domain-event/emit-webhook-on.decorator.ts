import 'reflect-metadata';
import { InvalidWebhookMethodError } from '../../webhooks.errors.js';
import { PREFIX } from '../../webhooks.names.js';
import type { WebhookChange } from '../webhook-change.js';

/** What a marked method may return: a change, several, or null or undefined when webhooks are not concerned. */
export type MappedChanges = WebhookChange | readonly WebhookChange[] | null | undefined;

/** A method that turns the arguments of one of the host's events into changes, at once or later. */
export type DomainEventMapper = (...args: never[]) => MappedChanges | PromiseLike<MappedChanges>;

const EVENT_NAMES = `${PREFIX}:emit-webhook-on`;

/**
 * Marks a method of a provider or controller that maps what the host emits through `EventEmitter2` to webhook events:
 * whenever such an event is emitted, the method is called with the event's arguments, and the changes that it returns are
 * written as by `WebhookEmitter.emitAll`. Needs `EventEmitterModule.forRoot()` in the host's root module.
 *
 * ```ts
 * @EmitWebhookOn('order.*')
 * changed({ order, before, after }: OrderChanged): OrderChange { ... }
 *
 * await events.emitAsync('order.paid', change, { manager });
 * ```
 *
 * The events are written through the `EntityManager` that one of the arguments has as `manager`, else in the transaction
 * that `AmbientTransaction` finds around the emit, else on their own.
 *
 * Await `emitAsync` inside the transaction that makes the change: when the method or the writing fails, its promise rejects
 * with that error, and the host rolls back. Plain `emit` waits for nobody: a failure is logged and no event is written,
 * but the change may be committed by then. The option `suppressErrors` of `@OnEvent` does not matter here.
 *
 * Events are heard from the hosts' `onApplicationBootstrap` on, as long as the application runs. A method whose names match
 * one event twice is called twice, and each `WebhooksModule` of an application hears all marked methods.
 *
 * @param eventNames names as `@OnEvent` takes them; wildcards if the emitter is set up with `wildcard: true`
 * @throws InvalidWebhookMethodError while the class is declared, for an empty name and for what is no method
 */
export function EmitWebhookOn(...eventNames: [string, ...string[]]) {
  return <Method extends DomainEventMapper>(
    target: object,
    key: string,
    { value: method }: TypedPropertyDescriptor<Method>,
  ): void => {
    const name = `${target.constructor.name}.${key}`;
    if (method === undefined)
      throw new InvalidWebhookMethodError('@EmitWebhookOn', name, 'is not a method; apply the decorator to a method');
    if (eventNames.includes('')) {
      throw new InvalidWebhookMethodError(
        '@EmitWebhookOn',
        name,
        'a name is empty. Name the event that the host emits',
      );
    }
    Reflect.defineMetadata(EVENT_NAMES, [...webhookEventNamesOf(method), ...eventNames], method);
  };
}

/** The names of the host's events that a method is marked with; none for other methods. */
export function webhookEventNamesOf(method: object): readonly string[] {
  const eventNames: unknown = Reflect.getMetadata(EVENT_NAMES, method);
  return (eventNames as string[] | undefined) ?? [];
}
