import { Inject } from '@nestjs/common';
import { InvalidWebhookMethodError, MissingWebhookEmitterError } from '../../webhooks.errors.js';
import { WebhookEmitter } from '../webhook-emitter.js';
import type { AnyMethod, EmitWebhookOptions } from './emit-webhook.options.js';
import { resultChanges } from './result-changes.js';

/** The property into which Nest injects the emitter. It is a symbol, so that neither keys nor JSON show it. */
const EMITTER = Symbol('WebhookEmitter');

/**
 * Decorates a method. Static methods are not allowed, because they have no instance with a `WebhookEmitter`.
 *
 * @throws InvalidWebhookMethodError while the class is declared, for a getter or another member that is not a method
 */
export type EmitWebhookDecorator<Method extends AnyMethod> = (
  target: object & { readonly prototype?: never },
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<Method>,
) => void;

/**
 * Emits a webhook event each time the method resolves, with its result as the new state. For methods of providers and
 * controllers, in any order with other decorators.
 *
 * A field is a constant, or a callback that gets the call as `{ result, args }`. The decorated method determines the
 * types of both, without an annotation. A callback that does not fit the method does not compile:
 *
 *     @EmitWebhook({
 *       event: 'booking_update',
 *       supplierId: ({ result }) => result.supplierId,
 *       connectionIds: ({ result }) => [result.connectionId],
 *       resourceId: ({ args: [, uuid] }) => uuid,
 *       after: ({ result }) => result.toState(),
 *       manager: ({ args: [manager] }) => manager,
 *     })
 *     async confirm(manager: EntityManager, uuid: string): Promise<Booking> { … }
 *
 * A callback that several methods share needs an annotation: `({ result }: EmitCall<Booking>) => result.uuid`.
 *
 * - The event is written before the caller gets the result, which is not changed. If the event cannot be written, the
 *   caller gets that error instead, so that a transaction around the call rolls back.
 * - A method that throws or rejects emits nothing. A result of null or undefined emits nothing either.
 * - An array emits one event for each element, all written together.
 * - The method must be declared to return a promise; otherwise, it does not compile.
 * - If a decorated method calls another one, such as the same method of its super class, both emit.
 *
 * The event belongs to the change's transaction only if that is still open when the method resolves. Therefore, begin
 * it around the method and pass its manager as an argument (option `manager`), or put `@Transactional()` above
 * `@EmitWebhook()`. If the method commits its own transaction, the event is written after the commit, and a crash in
 * between loses it. `emission.requireTransaction` makes this an error.
 *
 * On an object that Nest did not make, the decorated method does not run and rejects with MissingWebhookEmitterError.
 * It also rejects with the errors of `WebhookEmitter.emitAll` and of the callbacks.
 *
 * @param options which event, of which resource, for which partners; most fields are a constant or a function of the
 * call
 */
export function EmitWebhook<Method extends AnyMethod = never>(
  // NoInfer makes the compiler infer the method from the decorated method, and check the callbacks against it.
  options: EmitWebhookOptions<NoInfer<Method>>,
): EmitWebhookDecorator<Method> {
  return (target, key, descriptor) => {
    const { name: className } = target.constructor;
    const method = descriptor.value;
    if (method === undefined) {
      throw new InvalidWebhookMethodError(
        '@EmitWebhook',
        `${className}.${String(key)}`,
        'is not a method; apply the decorator to a method',
      );
    }
    // Nest injects this property into every instance, even a request-scoped one or one of a subclass, from its own
    // application.
    Inject(WebhookEmitter)(target, EMITTER);
    // A proxy keeps the method's name and length.
    descriptor.value = new Proxy(method, {
      apply: async (_method, self: { readonly [EMITTER]?: WebhookEmitter } | undefined, args: unknown[]) => {
        const emitter = self?.[EMITTER];
        if (emitter === undefined) throw new MissingWebhookEmitterError(className, String(key));
        const result: unknown = await Reflect.apply(method, self, args);
        const emission = resultChanges(options, result, args);
        await emitter.emitAll(emission.changes, emission.options);
        return result;
      },
    });
    copyMetadata(method, descriptor.value);
  };
}

/** Copies the metadata of the decorators below: routes, guards, API documentation. */
function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getOwnMetadataKeys(from))
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
}
