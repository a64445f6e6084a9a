import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { utcTime } from '../calendar/utc-time.js';
import { pricingOf, showsPricing, unitPricingOf } from '../catalogue/pricing.js';
import { optionOf, placesOf, unitOf } from '../catalogue/product.lookup.js';
import type { OptionState, UnitState } from '../catalogue/product.state.js';
import type { AvailabilityState } from './availability.state.js';
import { isAvailable, statusOf, vacanciesOf, type AvailabilityStatus } from './availability.status.js';
import type { Slot } from './slots.js';

const STATUS_MESSAGES: Readonly<Record<AvailabilityStatus, string>> = {
  AVAILABLE: 'Available',
  LIMITED: 'Few places left',
  SOLD_OUT: 'Sold out',
  CLOSED: 'No longer on sale',
};

/** A departure as `POST /availability` returns it, and as `availability_update` sends it. */
export function serializeAvailability(state: AvailabilityState, view: WebhookView): JsonObject {
  const option = optionOf(state.product, state.optionId);
  const status = statusOf(state);
  return {
    ...serializeSlot(state.slot),
    available: isAvailable(state, placesOf(requestedUnits(option, state))),
    status,
    statusMessage: STATUS_MESSAGES[status],
    vacancies: vacanciesOf(state),
    capacity: state.capacity,
    maxUnits: option.restrictions.maxUnits,
    utcCutoffAt: utcTime(state.slot.utcCutoffAt),
    ...(showsPricing(view) ? pricingFields(state, option) : {}),
  };
}

/** The fields of a departure that never change, as a part of a booking. */
export function serializeSlot(slot: Slot): JsonObject {
  return {
    id: slot.id,
    localDateTimeStart: slot.localDateTimeStart,
    localDateTimeEnd: slot.localDateTimeEnd,
    allDay: slot.allDay,
    openingHours: slot.openingHours,
  };
}

/** The units for which a request asks, one for each guest. */
export function requestedUnits(option: OptionState, { units }: AvailabilityState): UnitState[] {
  return units.flatMap(({ id, quantity }) => Array.from({ length: quantity }, () => unitOf(option, id)));
}

function pricingFields(state: AvailabilityState, option: OptionState): JsonObject {
  const units = requestedUnits(option, state);
  return {
    unitPricing: unitPricingOf(state.product, option),
    ...(units.length === 0 ? {} : { pricing: pricingOf(state.product, units) }),
  };
}
