import type { JsonObject } from '../octo/json.js';

interface TriggerQueryBase {
  readonly supplierId: string;
  /** The connections whose objects may be found. Objects of other connections must not be found. */
  readonly connectionIds: readonly string[];
}

/** Asks for the bookings or orders with a reference, a guest's phone number, or both (then both must match). */
export interface GuestTriggerQuery extends TriggerQueryBase {
  readonly event: 'booking_update' | 'order_update';
  /** `supplierReference`, `resellerReference` or `uuid` of a booking; `supplierReference` or id of an order. */
  readonly reference?: string;
  /** `contact.phoneNumber`, in E.164. */
  readonly mobile?: string;
}

/** Asks for a product. */
export interface ProductTriggerQuery extends TriggerQueryBase {
  readonly event: 'product_update';
  readonly productId: string;
}

/** Asks for slots of one option. */
export interface AvailabilityTriggerQuery extends TriggerQueryBase {
  readonly event: 'availability_update';
  readonly productId: string;
  readonly optionId: string;
  readonly availabilityIds: readonly string[];
  /** The guests for whom availability is requested, as in `POST /availability`. May be empty. */
  readonly units: readonly { readonly id: string; readonly quantity: number }[];
}

/** The objects that a trigger request asks the host to find. */
export type TriggerQuery = GuestTriggerQuery | ProductTriggerQuery | AvailabilityTriggerQuery;

/** An object that was found, in its present state. */
export interface TriggerMatch {
  /** Booking uuid, order id, product id or availability id. */
  readonly resourceId: string;
  /** In the form of `after` in `WebhookEmitter.emit`. */
  readonly state: JsonObject;
}
