import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { serializeBooking, unitsOf, voucherOf, type Proof } from '../bookings/booking.serializer.js';
import { serializeContact } from '../bookings/contact.serializer.js';
import { isLive } from '../bookings/model/booking.rules.js';
import type { BookingState } from '../bookings/model/booking.state.js';
import { utcTime, utcTimeOrNull } from '../calendar/utc-time.js';
import { pricingOfAll, showsPricing } from '../catalogue/pricing.js';
import { optionOf } from '../catalogue/product.lookup.js';
import type { OrderState } from './record/order.state.js';

/** An order as `GET /orders/{id}` returns it, and as `order_update` sends it. */
export function serializeOrder(state: OrderState, view: WebhookView): JsonObject {
  const { bookings } = state;
  // The product and the currency of an order come from its first booking. They are null while it is empty.
  const first = bookings[0] ?? null;
  const settlementMethods = distinct(bookings.flatMap(({ product }) => product.settlementMethods));
  const contactFields = distinct(bookings.flatMap(requiredContactFields));
  const live = isLive(state);
  return {
    id: state.id,
    orderId: state.id,
    productId: first?.product.id ?? null,
    optionId: first?.optionId ?? null,
    status: state.status,
    testMode: state.testMode,
    supplierReference: state.supplierReference,
    currency: first?.product.currency ?? null,
    settlementMethod: settlementMethods[0] ?? null,
    settlementMethods,
    quote: false,
    active: live,
    cancellable: live && bookings.every(({ cancellable }) => cancellable),
    confirmable: state.status === 'ON_HOLD' && bookings.some(({ status }) => status === 'ON_HOLD'),
    updatable: live,
    utcCreatedAt: utcTime(state.utcCreatedAt),
    utcUpdatedAt: utcTime(state.utcUpdatedAt),
    utcExpiresAt: utcTimeOrNull(state.utcExpiresAt),
    utcConfirmedAt: utcTimeOrNull(state.utcConfirmedAt),
    contact: serializeContact(state.contact),
    bookings: bookings.map((booking) => serializeBooking(booking, view)),
    voucher: voucher(bookings),
    invoicePdfUrl: null,
    emailReceipt: false,
    requiredContactFields: contactFields,
    visibleContactFields: contactFields,
    ...(showsPricing(view) ? { pricing: pricing(bookings) } : {}),
  };
}

function requiredContactFields({ product, optionId }: BookingState): string[] {
  return optionOf(product, optionId).requiredContactFields;
}

/** One voucher for all bookings that have one. */
function voucher(bookings: readonly BookingState[]): Proof | null {
  const vouchers = bookings.map(voucherOf).filter((proof) => proof !== null);
  const [first] = vouchers;
  return first === undefined
    ? null
    : { ...first, deliveryOptions: vouchers.flatMap(({ deliveryOptions }) => deliveryOptions) };
}

function pricing(bookings: readonly BookingState[]): JsonObject | null {
  const [first] = bookings;
  const parts = bookings.map((booking) => ({ product: booking.product, units: unitsOf(booking) }));
  return first === undefined ? null : pricingOfAll(first.product, parts);
}

function distinct(values: readonly string[]): string[] {
  return [...new Set(values)];
}
