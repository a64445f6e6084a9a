import type { JsonObject } from '../octo/json.js';

/** The ids of the connections that may receive an event. */
export type ConnectionIds = readonly [string, ...string[]];

interface ChangeBase {
  /** The supplier whose partners receive the event. */
  readonly supplierId: string;
  /**
   * The object after the change, in the host's own form. It must be self-contained, because `WebhooksHost.serialize`
   * may run later and in another process. It turns the object into the response of the GET route.
   */
  readonly after: JsonObject;
}

interface StatefulChange extends ChangeBase {
  /** Booking uuid, order id or product id. At most 191 characters. */
  readonly resourceId: string;
  /**
   * The object before the change, in the same form; null when the change created it. Default: the state after the
   * resource's previous event.
   */
  readonly before?: JsonObject | null;
}

/** A booking was created, changed, confirmed, cancelled, redeemed or has expired. */
export interface BookingChange extends StatefulChange {
  readonly event: 'booking_update';
  /** The connections that own the booking. No other connection receives the event. */
  readonly connectionIds: ConnectionIds;
}

/** An order was created or changed. */
export interface OrderChange extends StatefulChange {
  readonly event: 'order_update';
  /** The connections that own the order. No other connection receives the event. */
  readonly connectionIds: ConnectionIds;
}

/** A product was changed. */
export interface ProductChange extends StatefulChange {
  readonly event: 'product_update';
  /** The connections that may receive the event. Default: all connections of the supplier. */
  readonly connectionIds?: ConnectionIds;
}

/** An availability (one slot of one option) was changed. Its deliveries carry no diff, so there is no `before`. */
export interface AvailabilityChange extends ChangeBase {
  readonly event: 'availability_update';
  readonly productId: string;
  readonly optionId: string;
  readonly availabilityId: string;
  /** The connections that may receive the event. Default: all connections of the supplier. */
  readonly connectionIds?: ConnectionIds;
}

/** A row of one of the host's entities, which can be read again. */
export interface EntityReference {
  /** The name by which TypeORM knows the entity. */
  readonly name: string;
  /** The primary key, as TypeORM takes it. */
  readonly id: Record<string, unknown>;
}

/** The origin of a change that a saved entity made. */
export interface EntityOrigin {
  readonly entity: EntityReference;
  /**
   * The state before the transaction, for a resource whose state has never been sent. Left out: the transaction created the
   * resource, or the state is unknown.
   */
  readonly earlier?: JsonObject;
}

/** A change of one resource, as `WebhookEmitter.emit` takes it. */
export type WebhookChange = BookingChange | OrderChange | ProductChange | AvailabilityChange;
