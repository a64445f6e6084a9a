import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { serializeSlot } from '../availability/availability.serializer.js';
import { utcTime, utcTimeOrNull } from '../calendar/utc-time.js';
import { pricingOf, showsPricing } from '../catalogue/pricing.js';
import { optionOf, unitOf } from '../catalogue/product.lookup.js';
import { serializeOption, serializeProduct, serializeUnit } from '../catalogue/product.serializer.js';
import type { OptionState, UnitState } from '../catalogue/product.state.js';
import { serializeContact } from './contact.serializer.js';
import type { BookingState, Cancellation, UnitItem } from './model/booking.state.js';

/** An OCTO ticket or voucher. */
export type Proof = {
  redemptionMethod: string;
  utcRedeemedAt: null;
  deliveryOptions: { deliveryFormat: string; deliveryValue: string }[];
};

/** A booking as `GET /bookings/{uuid}` returns it, and as `booking_update` sends it. */
export function serializeBooking(state: BookingState, view: WebhookView): JsonObject {
  const option = optionOf(state.product, state.optionId);
  return {
    id: state.uuid,
    uuid: state.uuid,
    testMode: state.testMode,
    resellerReference: state.resellerReference,
    supplierReference: state.supplierReference,
    status: state.status,
    utcCreatedAt: utcTime(state.utcCreatedAt),
    utcUpdatedAt: utcTime(state.utcUpdatedAt),
    utcExpiresAt: utcTimeOrNull(state.utcExpiresAt),
    utcConfirmedAt: utcTimeOrNull(state.utcConfirmedAt),
    utcRedeemedAt: null,
    productId: state.product.id,
    product: serializeProduct(state.product, view),
    optionId: option.id,
    option: serializeOption(state.product, option, view),
    availabilityId: state.slot.id,
    availability: serializeSlot(state.slot),
    localDateTimeStart: state.slot.localDateTimeStart,
    localDateTimeEnd: state.slot.localDateTimeEnd,
    cancellable: state.cancellable,
    cancellation: state.cancellation === null ? null : serializeCancellation(state.cancellation),
    freesale: false,
    confirmable: state.status === 'ON_HOLD',
    updatable: state.status === 'ON_HOLD' || state.status === 'CONFIRMED',
    notes: state.notes,
    contact: serializeContact(state.contact),
    deliveryMethods: state.product.deliveryMethods,
    voucher: voucherOf(state),
    unitItems: state.unitItems.map((item) => serializeUnitItem(state, option, item, view)),
    ...(showsPricing(view) ? { pricing: pricingOf(state.product, unitsOf(state)) } : {}),
    ...(view.capabilities.includes('octo/cart') ? cartFields(state) : {}),
  };
}

/** The booked units, one for each unit item. */
export function unitsOf({ product, optionId, unitItems }: BookingState): UnitState[] {
  const option = optionOf(product, optionId);
  return unitItems.map(({ unitId }) => unitOf(option, unitId));
}

/** The voucher that all guests show together; null for a product that is sold with tickets only. */
export function voucherOf(state: BookingState): Proof | null {
  return proofFor(state, 'VOUCHER', `VCH-${state.supplierReference}`);
}

function serializeCancellation({ refund, reason, utcCancelledAt }: Cancellation): JsonObject {
  return { refund, reason, utcCancelledAt: utcTime(utcCancelledAt) };
}

function cartFields({ order }: BookingState): JsonObject {
  return {
    orderId: order?.id ?? null,
    orderReference: order?.reference ?? null,
    primary: order?.primary ?? false,
  };
}

function serializeUnitItem(state: BookingState, option: OptionState, item: UnitItem, view: WebhookView): JsonObject {
  const unit = unitOf(option, item.unitId);
  return {
    uuid: item.uuid,
    status: state.status,
    unitId: unit.id,
    unitType: unit.type,
    unit: serializeUnit(state.product, unit, view),
    resellerReference: item.resellerReference,
    supplierReference: item.supplierReference,
    utcRedeemedAt: null,
    contact: serializeContact(item.contact),
    ticket: proofFor(state, 'TICKET', `TKT-${item.supplierReference}`),
    ...(showsPricing(view) ? { pricing: pricingOf(state.product, [unit]) } : {}),
  };
}

/**
 * The ticket or voucher that guests show at the entrance; null when the product has none. It has codes only while the
 * booking is confirmed.
 */
function proofFor({ product, status }: BookingState, method: 'VOUCHER' | 'TICKET', code: string): Proof | null {
  if (!product.deliveryMethods.includes(method)) return null;
  const formats = status === 'CONFIRMED' ? product.deliveryFormats : [];
  return {
    redemptionMethod: product.redemptionMethod,
    utcRedeemedAt: null,
    deliveryOptions: formats.map((deliveryFormat) => ({ deliveryFormat, deliveryValue: code })),
  };
}
