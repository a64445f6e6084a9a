import type { EntityManager } from 'typeorm';
import type { JsonObject } from '../../octo/json.js';
import type { ConnectionIds } from '../webhook-change.js';

/**
 * A function of the method's result (each of its elements, when it is an array) and of the method's arguments. It may take
 * fewer arguments than the method. Its parameters have to be annotated; `EmittingMethod` checks them against the method.
 */
type FromResult<Value> = (...input: never) => Value;

/** The same for every call, or told by the result and the arguments. */
type Given<Value> = Value | FromResult<Value>;

interface EmissionOptions {
  /** The supplier whose partners are told. */
  readonly supplierId: Given<string>;
  /** The object after the change. Default: the result itself, which then has to be a JSON object by its type. */
  readonly after?: FromResult<JsonObject>;
  /**
   * The manager of the transaction that made the change; for an array, asked of its first element. Left out, or undefined
   * for a call: the transaction that `AmbientTransaction` finds, or none, as for `WebhookEmitter.emit`.
   */
  readonly manager?: FromResult<EntityManager | undefined>;
}

interface StatefulEmissionOptions extends EmissionOptions {
  /** Booking uuid, order id or product id. */
  readonly resourceId: Given<string>;
  /**
   * The object before the change; null when the method creates it. A function runs after the method, so it can only tell
   * what an argument or the result still knows. Left out, or undefined for a call: the state after the resource's
   * previous event.
   */
  readonly before?: Given<JsonObject | null | undefined>;
}

/** For a method that changes bookings or orders. */
export interface OwnedEmissionOptions extends StatefulEmissionOptions {
  readonly event: 'booking_update' | 'order_update';
  /** The connections that own the booking or order; nobody else hears of it. */
  readonly connectionIds: Given<ConnectionIds>;
}

/** For a method that changes products. */
export interface ProductEmissionOptions extends StatefulEmissionOptions {
  readonly event: 'product_update';
  /** The connections that may hear of it. Default: all of the supplier's. */
  readonly connectionIds?: Given<ConnectionIds>;
}

/** For a method that changes availabilities. Their deliveries carry no diff, so there is no `before`. */
export interface AvailabilityEmissionOptions extends EmissionOptions {
  readonly event: 'availability_update';
  readonly productId: Given<string>;
  readonly optionId: Given<string>;
  readonly availabilityId: Given<string>;
  /** The connections that may hear of it. Default: all of the supplier's. */
  readonly connectionIds?: Given<ConnectionIds>;
}

/** What `@EmitWebhook()` has to know: which event a method's result is, of which resource, and who may see it. */
export type EmitWebhookOptions = OwnedEmissionOptions | ProductEmissionOptions | AvailabilityEmissionOptions;

type KnownField<Event, Known = EmitWebhookOptions> = Known extends { readonly event: infer Events }
  ? Event extends Events
    ? keyof Known
    : never
  : never;

/** The fields that the event does not have, be they misspelt or another event's. */
export type UnknownField<Options extends EmitWebhookOptions> = Exclude<keyof Options, KnownField<Options['event']>>;
