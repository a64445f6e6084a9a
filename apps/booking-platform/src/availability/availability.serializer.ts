import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { pricingOf, showsPricing } from '../catalogue/pricing.js';
import { optionOf, unitOf } from '../catalogue/product.lookup.js';
import type { OptionState } from '../catalogue/product.state.js';
import type { AvailabilityState } from './availability.state.js';
import type { Slot } from './slots.js';

/** A departure is LIMITED when this share of its places or less is free. */
const LIMITED_SHARE = 0.25;

/** A departure as `POST /availability` returns it, and as `availability_update` sends it. */
export function serializeAvailability(state: AvailabilityState, view: WebhookView): JsonObject {
  const option = optionOf(state.product, state.optionId);
  const vacancies = state.capacity - state.taken;
  const [status, statusMessage] = statusOf(state, vacancies);
  return {
    ...serializeSlot(state.slot),
    available: !state.closed && vacancies >= Math.max(1, placesOf(option, state)),
    status,
    statusMessage,
    vacancies,
    capacity: state.capacity,
    maxUnits: option.restrictions.maxUnits,
    utcCutoffAt: state.slot.utcCutoffAt,
    ...(showsPricing(view) ? pricingFields(state, option) : {}),
  };
}

/** The fields of a departure that never change, as a part of a booking. */
export function serializeSlot(slot: Slot): JsonObject {
  return {
    id: slot.id,
    localDateTimeStart: slot.localDateTimeStart,
    localDateTimeEnd: slot.localDateTimeEnd,
    allDay: false,
    openingHours: [],
  };
}

function statusOf(state: AvailabilityState, vacancies: number): [status: string, message: string] {
  if (state.closed) return ['CLOSED', 'No longer on sale'];
  if (vacancies <= 0) return ['SOLD_OUT', 'Sold out'];
  if (vacancies <= state.capacity * LIMITED_SHARE) return ['LIMITED', 'Few places left'];
  return ['AVAILABLE', 'Available'];
}

function placesOf(option: OptionState, { units }: AvailabilityState): number {
  return units.reduce((sum, { id, quantity }) => sum + quantity * unitOf(option, id).restrictions.paxCount, 0);
}

function pricingFields({ product, units }: AvailabilityState, option: OptionState): JsonObject {
  const asked = units.flatMap(({ id, quantity }) => Array.from({ length: quantity }, () => unitOf(option, id)));
  return {
    unitPricing: option.units.map((unit) => ({ unitId: unit.id, unitType: unit.type, ...pricingOf(product, [unit]) })),
    ...(asked.length === 0 ? {} : { pricing: pricingOf(product, asked) }),
  };
}
