import type { JsonObject, JsonValue } from './json.js';
import type { OctoWebhook } from './octo-webhook.js';

/**
 * One entry of a delivery's `diff`.
 *
 * `add` carries `value`, `remove` carries `was`, `replace` carries both. `path` is a JSON Pointer (RFC 6901) relative to
 * the event's object.
 */
export type WebhookDiffOperation =
  | { op: 'add'; path: string; value: JsonValue }
  | { op: 'remove'; path: string; was: JsonValue }
  | { op: 'replace'; path: string; was: JsonValue; value: JsonValue };

interface PayloadBase {
  webhook: OctoWebhook;
  /** The supplier, as `GET /supplier` returns it. */
  supplier: JsonObject;
}

/** The body of a `booking_update` delivery. */
export interface BookingUpdatePayload extends PayloadBase {
  event: 'booking_update';
  /** As `GET /bookings/{uuid}` returns it. */
  booking: JsonObject;
  /** Empty for a new booking. */
  diff: WebhookDiffOperation[];
}

/** The body of an `order_update` delivery. */
export interface OrderUpdatePayload extends PayloadBase {
  event: 'order_update';
  /** As `GET /orders/{id}` returns it. */
  order: JsonObject;
  /** Empty for a new order. */
  diff: WebhookDiffOperation[];
}

/** The body of a `product_update` delivery. */
export interface ProductUpdatePayload extends PayloadBase {
  event: 'product_update';
  /** As `GET /products/{id}` returns it. */
  product: JsonObject;
  diff: WebhookDiffOperation[];
}

/** The body of an `availability_update` delivery: one slot, without a diff. */
export interface AvailabilityUpdatePayload extends PayloadBase {
  event: 'availability_update';
  productId: string;
  optionId: string;
  /** As `POST /availability` returns it. */
  availability: JsonObject;
}

/** The body of a delivery. */
export type WebhookEventPayload =
  BookingUpdatePayload | OrderUpdatePayload | ProductUpdatePayload | AvailabilityUpdatePayload;
