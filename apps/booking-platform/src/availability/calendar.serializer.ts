import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { pricingOf, showsPricing, unitPricingOf } from '../catalogue/pricing.js';
import { optionOf, placesOf } from '../catalogue/product.lookup.js';
import type { OptionState, ProductState, UnitState } from '../catalogue/product.state.js';
import { requestedUnits } from './availability.serializer.js';
import type { AvailabilityState } from './availability.state.js';
import { AVAILABILITY_STATUSES, isAvailable, statusOf, vacanciesOf } from './availability.status.js';

/**
 * The dates of departures of one option, as `POST /availability/calendar` returns them.
 *
 * @param states in the order of their dates
 */
export function serializeCalendar(states: readonly AvailabilityState[], view: WebhookView): JsonObject[] {
  const [first] = states;
  if (first === undefined) return [];
  // One request asks for one option and the same guests on all dates.
  const option = optionOf(first.product, first.optionId);
  const units = requestedUnits(option, first);
  const places = placesOf(units);
  const prices = showsPricing(view) ? pricingFields(first.product, option, units) : {};
  const byDate = new Map<string, AvailabilityState[]>();
  for (const state of states) {
    const localDate = state.slot.id.slice(0, 'YYYY-MM-DD'.length);
    byDate.set(localDate, [...(byDate.get(localDate) ?? []), state]);
  }
  return [...byDate].map(([localDate, onDate]) => ({ localDate, ...placesFields(onDate, places), ...prices }));
}

function placesFields(states: readonly AvailabilityState[], places: number): JsonObject {
  const statuses = new Set(states.map(statusOf));
  const open = states.filter(({ closed }) => !closed);
  return {
    available: states.some((state) => isAvailable(state, places)),
    status: AVAILABILITY_STATUSES.find((status) => statuses.has(status)) ?? 'CLOSED',
    // The most guests that can still go together: a group does not split over departures.
    vacancies: Math.max(0, ...open.map(vacanciesOf)),
    capacity: states.reduce((sum, { capacity }) => sum + capacity, 0),
    openingHours: states[0]?.slot.openingHours ?? [],
  };
}

function pricingFields(product: ProductState, option: OptionState, units: readonly UnitState[]): JsonObject {
  return {
    unitPricingFrom: unitPricingOf(product, option),
    ...(units.length === 0 ? {} : { pricingFrom: pricingOf(product, units) }),
  };
}
