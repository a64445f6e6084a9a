import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { serializeSlot } from '../availability/availability.serializer.js';
import { pricingOf, showsPricing } from '../catalogue/pricing.js';
import { optionOf, unitOf } from '../catalogue/product.lookup.js';
import { serializeOption, serializeProduct, serializeUnit } from '../catalogue/product.serializer.js';
import type { OptionState, UnitState } from '../catalogue/product.state.js';
import type { BookingState, UnitItem } from './model/booking.state.js';

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
    utcCreatedAt: state.utcCreatedAt,
    utcUpdatedAt: state.utcUpdatedAt,
    utcExpiresAt: state.utcExpiresAt,
    utcConfirmedAt: state.utcConfirmedAt,
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
    cancellation: state.cancellation,
    freesale: false,
    confirmable: state.status === 'ON_HOLD',
    updatable: state.status === 'ON_HOLD' || state.status === 'CONFIRMED',
    notes: state.notes,
    contact: state.contact,
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

/** The voucher that all guests show together, instead of one ticket each; null until the booking is confirmed. */
export function voucherOf(state: BookingState): Proof | null {
  return proofFor(state, 'VOUCHER', `VCH-${state.supplierReference}`);
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
    contact: item.contact,
    ticket: proofFor(state, 'TICKET', `TKT-${item.supplierReference}`),
    ...(showsPricing(view) ? { pricing: pricingOf(state.product, [unit]) } : {}),
  };
}

/** The ticket or voucher that guests show at the entrance; null until the booking is confirmed. */
function proofFor({ product, status }: BookingState, method: 'VOUCHER' | 'TICKET', code: string): Proof | null {
  if (status !== 'CONFIRMED' || !product.deliveryMethods.includes(method)) return null;
  return {
    redemptionMethod: product.redemptionMethod,
    utcRedeemedAt: null,
    deliveryOptions: product.deliveryFormats.map((deliveryFormat) => ({ deliveryFormat, deliveryValue: code })),
  };
}
