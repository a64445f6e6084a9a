import { slot } from './availability.schema.js';
import {
  added,
  DELIVERY_FORMATS,
  DELIVERY_METHODS,
  optionSchema,
  pricing,
  productSchema,
  REDEMPTION_METHODS,
  unitSchema,
  type Capabilities,
} from './product.schema.js';
import {
  allOf,
  flag,
  listOf,
  nothing,
  object,
  oneOf,
  orNull,
  text,
  textOrNull,
  utcTime,
  uuid,
  when,
  type Schema,
} from './shapes.js';

const STATUSES = oneOf('ON_HOLD', 'CONFIRMED', 'CANCELLED', 'EXPIRED');

/** Every field is there; what is not known is null. */
export const contact = object({
  fullName: textOrNull,
  firstName: textOrNull,
  lastName: textOrNull,
  emailAddress: textOrNull,
  phoneNumber: textOrNull,
  locales: listOf(text),
  postalCode: textOrNull,
  country: textOrNull,
  notes: textOrNull,
});

/** A voucher, or the ticket of one unit item. */
export const ticket = object({
  redemptionMethod: REDEMPTION_METHODS,
  utcRedeemedAt: nothing,
  deliveryOptions: listOf(object({ deliveryFormat: DELIVERY_FORMATS, deliveryValue: text })),
});

const cancellation = object({ refund: oneOf('FULL', 'PARTIAL', 'NONE'), reason: textOrNull, utcCancelledAt: utcTime });

function unitItemSchema(capabilities: Capabilities): Schema {
  return object({
    uuid,
    resellerReference: textOrNull,
    supplierReference: textOrNull,
    unitId: text,
    unit: unitSchema(capabilities),
    status: STATUSES,
    utcRedeemedAt: nothing,
    contact,
    ticket: orNull(ticket),
    ...added(capabilities, 'octo/pricing', { pricing }),
  });
}

/** Which times a booking has in each status, and whether it was cancelled. */
const LIFE = [
  when('status', oneOf('ON_HOLD'), object({ utcExpiresAt: utcTime, utcConfirmedAt: nothing, cancellation: nothing })),
  when('status', oneOf('CONFIRMED'), object({ utcExpiresAt: nothing, utcConfirmedAt: utcTime, cancellation: nothing })),
  when('status', oneOf('CANCELLED'), object({ utcExpiresAt: nothing, cancellation })),
  when('status', oneOf('EXPIRED'), object({ utcExpiresAt: utcTime, utcConfirmedAt: nothing })),
];

/** A booking has the proofs of its delivery methods, and no others; codes only once it is confirmed. */
const PROOFS = [
  when('deliveryMethods', { contains: oneOf('VOUCHER') }, object({ voucher: ticket })),
  when('deliveryMethods', { not: { contains: oneOf('VOUCHER') } }, object({ voucher: nothing })),
  when('deliveryMethods', { contains: oneOf('TICKET') }, object({ unitItems: { items: object({ ticket }) } })),
  when(
    'deliveryMethods',
    { not: { contains: oneOf('TICKET') } },
    object({ unitItems: { items: object({ ticket: nothing }) } }),
  ),
  when('status', oneOf('ON_HOLD', 'CANCELLED', 'EXPIRED'), {
    properties: { voucher: { properties: { deliveryOptions: { maxItems: 0 } } } },
  }),
];

export function bookingSchema(capabilities: Capabilities): Schema {
  return allOf(
    object({
      id: text,
      uuid,
      testMode: flag,
      resellerReference: textOrNull,
      supplierReference: textOrNull,
      status: STATUSES,
      utcCreatedAt: utcTime,
      utcUpdatedAt: utcTime,
      utcExpiresAt: orNull(utcTime),
      utcRedeemedAt: nothing,
      utcConfirmedAt: orNull(utcTime),
      productId: text,
      product: productSchema(capabilities),
      optionId: text,
      option: optionSchema(capabilities),
      cancellable: flag,
      cancellation: orNull(cancellation),
      freesale: flag,
      availabilityId: text,
      availability: slot,
      contact,
      notes: textOrNull,
      deliveryMethods: DELIVERY_METHODS,
      voucher: orNull(ticket),
      unitItems: listOf(unitItemSchema(capabilities), 1),
      ...added(capabilities, 'octo/pricing', { pricing }),
      ...added(capabilities, 'octo/cart', { orderId: textOrNull, orderReference: textOrNull, primary: flag }),
    }),
    ...LIFE,
    ...PROOFS,
  );
}

/** An order of `octo/cart`. Its product and currency are null while it is empty. */
export function orderSchema(capabilities: Capabilities): Schema {
  return object({
    id: text,
    orderId: text,
    productId: textOrNull,
    optionId: textOrNull,
    status: STATUSES,
    testMode: flag,
    supplierReference: textOrNull,
    settlementMethod: textOrNull,
    settlementMethods: listOf(text),
    currency: textOrNull,
    quote: flag,
    active: flag,
    cancellable: flag,
    confirmable: flag,
    updatable: flag,
    utcCreatedAt: utcTime,
    utcUpdatedAt: utcTime,
    utcExpiresAt: orNull(utcTime),
    utcConfirmedAt: orNull(utcTime),
    contact,
    bookings: listOf(bookingSchema(capabilities)),
    voucher: orNull(ticket),
    invoicePdfUrl: textOrNull,
    emailReceipt: flag,
    requiredContactFields: listOf(text),
    visibleContactFields: listOf(text),
    ...added(capabilities, 'octo/pricing', { pricing: orNull(pricing) }),
  });
}
