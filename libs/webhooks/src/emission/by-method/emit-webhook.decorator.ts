import { Inject } from '@nestjs/common';
import { MissingWebhookEmitterError } from '../../webhooks.errors.js';
import { WebhookEmitter } from '../webhook-emitter.js';
import type { EmitWebhookOptions } from './emit-webhook.options.js';
import type { EmittingMethod } from './emitting-method.js';
import { resultChanges } from './result-changes.js';

/** Where Nest puts the emitter of an instance's application: a symbol, so that neither keys nor JSON show it. */
const EMITTER = Symbol('WebhookEmitter');

/**
 * Emits a webhook event each time the method resolves, with its result as the new state. Stands on methods of providers and
 * controllers, in any order with other decorators.
 *
 * - The event is written before the caller gets the result, which stays as it is. When it cannot be written, the caller
 *   gets that error instead, so that a transaction around the call rolls back.
 * - A method that throws or rejects emits nothing, nor does the result null or undefined.
 * - An array is one event for each element, all written together.
 * - The method gives a promise, even if it does not wait for anything; declared to return a plain value, it does not compile.
 * - A decorated method that calls another decorated one, such as that of its super class, emits for both.
 *
 * The event belongs to the change's transaction only if that is still open when the method resolves: begin it around the
 * method, and give its manager as an argument (option `manager`), or with `@Transactional()` above `@EmitWebhook()`. If the
 * method commits a transaction of its own, the event is written after the commit, and a crash in between loses it;
 * `emission.requireTransaction` makes that an error.
 *
 *     @EmitWebhook({
 *       event: 'booking_update',
 *       supplierId: (booking: Booking) => booking.supplierId,
 *       connectionIds: (booking: Booking) => [booking.connectionId],
 *       resourceId: (booking: Booking) => booking.uuid,
 *       after: (booking: Booking) => booking.toState(),
 *       manager: (_booking: Booking, manager: EntityManager) => manager,
 *     })
 *     async confirm(manager: EntityManager, uuid: string): Promise<Booking> { … }
 *
 * The decorated method rejects with MissingWebhookEmitterError, without having run, on an object that Nest did not make,
 * and with what `WebhookEmitter.emitAll` and the callbacks throw.
 *
 * @param options which event, of which resource, for whom; each a constant or a function of the result and the arguments
 */
export function EmitWebhook<Options extends EmitWebhookOptions>(options: Options): EmittingMethod<Options> {
  return (target, key, descriptor) => {
    const method = descriptor.value;
    if (method === undefined) throw new TypeError(`@EmitWebhook() stands on a method, and ${String(key)} is none.`);
    // Nest injects properties into request-scoped instances too, inherited ones with the rest, each from its own application.
    Inject(WebhookEmitter)(target, EMITTER);
    // A proxy keeps the method's name and length.
    descriptor.value = new Proxy(method, {
      apply: async (_method, self: { readonly [EMITTER]?: WebhookEmitter } | undefined, args: unknown[]) => {
        const emitter = self?.[EMITTER];
        if (emitter === undefined) throw new MissingWebhookEmitterError(target.constructor.name, String(key));
        const result: unknown = await Reflect.apply(method, self, args);
        const emission = resultChanges(options, result, args);
        await emitter.emitAll(emission.changes, emission.options);
        return result;
      },
    });
    copyMetadata(method, descriptor.value);
  };
}

/** Takes over what the decorators below have noted on the method: routes, guards, API documentation. */
function copyMetadata(from: object, to: object): void {
  for (const key of Reflect.getOwnMetadataKeys(from))
    Reflect.defineMetadata(key, Reflect.getOwnMetadata(key, from), to);
}
