import type { EntityManager } from 'typeorm';
import type { JsonObject } from '../../octo/json.js';
import type { ConnectionIds } from '../webhook-change.js';

/** Any method, whatever its arguments. */
export type AnyMethod = (...args: never) => unknown;

/** One call of a decorated method, as its callbacks see it. */
export interface EmitCall<Result = unknown, Args extends readonly unknown[] = readonly unknown[]> {
  /** The resolved result; for an array, one of its elements. Never null or undefined. */
  readonly result: Result;
  /** The arguments that the method was called with. */
  readonly args: Args;
}

/** The same value for every call, or a function of the call. It is called after the method has resolved, and must not return a promise. */
export type FromCall<Value, Call> = Value | ((call: Call) => Value);

interface EmissionOptions<Call> {
  /** The supplier whose partners receive the event. */
  readonly supplierId: FromCall<string, Call>;
  /**
   * The manager of the transaction that made the change; for an array, the callback is called with the first element.
   * Default, also where the callback returns undefined: as for `WebhookEmitter.emit`.
   */
  readonly manager?: (call: Call) => EntityManager | undefined;
}

interface StatefulEmissionOptions<Call> extends EmissionOptions<Call> {
  /** Booking uuid, order id or product id. At most 191 characters. */
  readonly resourceId: FromCall<string, Call>;
  /**
   * The object before the change; null when the method creates it. A function is called after the method, so it can use
   * only what an argument or the result still holds. Default, also where it is undefined for a call: the state after
   * the resource's previous event.
   */
  readonly before?: FromCall<JsonObject | null | undefined, Call>;
}

/** For a method that changes bookings or orders. */
interface OwnedEmissionOptions<Call> extends StatefulEmissionOptions<Call> {
  readonly event: 'booking_update' | 'order_update';
  /** The connections that own the booking or order; no other connection receives the event. */
  readonly connectionIds: FromCall<ConnectionIds, Call>;
}

/** For a method that changes products. */
interface ProductEmissionOptions<Call> extends StatefulEmissionOptions<Call> {
  readonly event: 'product_update';
  /** The connections that may receive the event. Default: all connections of the supplier. */
  readonly connectionIds?: FromCall<ConnectionIds, Call>;
}

/** For a method that changes availabilities. Their deliveries carry no diff, so there is no `before`. */
interface AvailabilityEmissionOptions<Call> extends EmissionOptions<Call> {
  readonly event: 'availability_update';
  readonly productId: FromCall<string, Call>;
  readonly optionId: FromCall<string, Call>;
  readonly availabilityId: FromCall<string, Call>;
  /** The connections that may receive the event. Default: all connections of the supplier. */
  readonly connectionIds?: FromCall<ConnectionIds, Call>;
}

/** The object after the change. Default: the result itself, if its type says that it is a JSON object. */
type AfterOption<Item, Call> = [Item] extends [JsonObject]
  ? { readonly after?: (call: Call) => JsonObject }
  : { readonly after: (call: Call) => JsonObject };

type OptionsOf<Item, Call> = (
  OwnedEmissionOptions<Call> | ProductEmissionOptions<Call> | AvailabilityEmissionOptions<Call>
) &
  AfterOption<Item, Call>;

/** The compiler shows this type when a method cannot be decorated with `@EmitWebhook()`. */
interface Mismatch<Reason extends string> {
  readonly mismatch: Reason;
}

/** Results for which there is no event. */
type Nothing = null | undefined | void;

/** The value from which an event is made: the resolved result, or one of its elements. */
type ItemOf<Result> = Result extends readonly (infer Element)[] ? Exclude<Element, Nothing> : Exclude<Result, Nothing>;

/**
 * The options of `@EmitWebhook()` for one method: the event, its resource, and the connections that may receive it.
 *
 * `Method` is the type of the decorated method, such as `Cancellations['cancel']`.
 */
export type EmitWebhookOptions<Method extends AnyMethod> = [Method] extends [never]
  ? Mismatch<'Apply the decorator to a method.'>
  : Method extends (...args: infer Args) => infer Returned
    ? Promise<Awaited<Returned>> extends Returned
      ? [ItemOf<Awaited<Returned>>] extends [never]
        ? Mismatch<'The method has no result to make an event of.'>
        : OptionsOf<ItemOf<Awaited<Returned>>, EmitCall<ItemOf<Awaited<Returned>>, Args>>
      : Mismatch<'The decorated method returns a promise: declare it to return one.'>
    : never;
