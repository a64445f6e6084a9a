import 'reflect-metadata';
import { InvalidWebhookMethodError } from '../../webhooks.errors.js';
import { PREFIX } from '../../webhooks.names.js';
import type { WebhookChange } from '../webhook-change.js';

/** The return value of a decorated method: one change, several, or null or undefined for none. */
export type MappedChanges = WebhookChange | readonly WebhookChange[] | null | undefined;

/** A method that turns the arguments of one of the host's events into changes, directly or as a promise. */
export type DomainEventMapper = (...args: never[]) => MappedChanges | PromiseLike<MappedChanges>;

const EVENT_NAMES = `${PREFIX}:emit-webhook-on`;

/**
 * Declares a method of a provider or controller that maps events of the host's `EventEmitter2` to webhook events.
 * Whenever such an event is emitted, the method is called with the event's arguments, and its changes are written as by
 * `WebhookEmitter.emitAll`. The host's root module must import `EventEmitterModule.forRoot()`.
 *
 * ```ts
 * @EmitWebhookOn('order.*')
 * changed({ order, before, after }: OrderChanged): OrderChange { ... }
 *
 * await events.emitAsync('order.paid', change, { manager });
 * ```
 *
 * If one of the arguments has an `EntityManager` as `manager`, the events are written through it. Otherwise, they are
 * written in the transaction that `AmbientTransaction` finds around the emit. If there is none, they are committed on
 * their own.
 *
 * Await `emitAsync` inside the transaction that makes the change. If the method or the writing fails, its promise
 * rejects with that error, and the host rolls back. `emit` does not wait. A failure is then logged and no event is
 * written, but the change may already be committed. The option `suppressErrors` of `@OnEvent` has no effect here.
 *
 * Events are handled from the host's `onApplicationBootstrap` until the application shuts down. A method whose names
 * match one event twice is called twice. If an application has several `WebhooksModule`s, each calls all decorated
 * methods.
 *
 * @param eventNames names as `@OnEvent` takes them. Wildcards need an emitter with `wildcard: true`
 * @throws InvalidWebhookMethodError while the class is declared, for an empty name, and for a member that is not a
 * method
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
        'one of the names is empty. Give the name of an event that the host emits',
      );
    }
    Reflect.defineMetadata(EVENT_NAMES, [...webhookEventNamesOf(method), ...eventNames], method);
  };
}

/** The event names of a decorated method; none for other methods. */
export function webhookEventNamesOf(method: object): readonly string[] {
  const eventNames: unknown = Reflect.getMetadata(EVENT_NAMES, method);
  return (eventNames as string[] | undefined) ?? [];
}
