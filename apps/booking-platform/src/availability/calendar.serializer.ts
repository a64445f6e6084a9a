import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { pricingOf, showsPricing, unitPricingOf } from '../catalogue/pricing.js';
import { optionOf } from '../catalogue/product.lookup.js';
import { placesOf, requestedUnits } from './availability.serializer.js';
import type { AvailabilityState } from './availability.state.js';
import { AVAILABILITY_STATUSES, isAvailable, statusOf, vacanciesOf } from './availability.status.js';

/**
 * The dates of departures of one option, as `POST /availability/calendar` returns them.
 *
 * @param states in the order of their dates
 */
export function serializeCalendar(states: readonly AvailabilityState[], view: WebhookView): JsonObject[] {
  const byDate = new Map<string, AvailabilityState[]>();
  for (const state of states) {
    const localDate = state.slot.id.slice(0, 'YYYY-MM-DD'.length);
    byDate.set(localDate, [...(byDate.get(localDate) ?? []), state]);
  }
  return [...byDate].map(([localDate, onDate]) => serializeDate(localDate, onDate, view));
}

function serializeDate(localDate: string, states: readonly AvailabilityState[], view: WebhookView): JsonObject {
  const statuses = new Set(states.map(statusOf));
  const open = states.filter(({ closed }) => !closed);
  return {
    localDate,
    available: states.some((state) => isAvailable(state, placesOf(unitsAskedFor(state)))),
    status: AVAILABILITY_STATUSES.find((status) => statuses.has(status)) ?? 'CLOSED',
    // The most guests that can still go together: a group does not split over departures.
    vacancies: Math.max(0, ...open.map(vacanciesOf)),
    capacity: states.reduce((sum, { capacity }) => sum + capacity, 0),
    openingHours: states[0]?.slot.openingHours ?? [],
    ...(showsPricing(view) ? pricingFields(states[0]) : {}),
  };
}

/** All departures of an option have the same prices. */
function pricingFields(state: AvailabilityState | undefined): JsonObject {
  if (state === undefined) return {};
  const units = unitsAskedFor(state);
  return {
    unitPricingFrom: unitPricingOf(state.product, optionOf(state.product, state.optionId)),
    ...(units.length === 0 ? {} : { pricingFrom: pricingOf(state.product, units) }),
  };
}

function unitsAskedFor(state: AvailabilityState) {
  return requestedUnits(optionOf(state.product, state.optionId), state);
}
