import { added, pricing, unitPricing, type Capabilities } from './product.schema.js';
import {
  allOf,
  flag,
  integerOrNull,
  listOf,
  localDate,
  localDateTime,
  localTime,
  object,
  oneOf,
  text,
  utcTime,
  when,
  type Schema,
} from './shapes.js';

const STATUSES = oneOf('AVAILABLE', 'FREESALE', 'SOLD_OUT', 'LIMITED', 'CLOSED');
const OPENING_HOURS = listOf(object({ from: localTime, to: localTime }));

/** The fields of a slot that a booking shows, too. Only a slot for the whole day has opening hours. */
export const slot = allOf(
  object({
    id: text,
    localDateTimeStart: localDateTime,
    localDateTimeEnd: localDateTime,
    allDay: flag,
    openingHours: OPENING_HOURS,
  }),
  when('allDay', oneOf(true), object({ openingHours: { type: 'array', minItems: 1 } })),
);

/** What a slot and a date of the calendar say about their places. Nothing sold out or closed can be booked. */
const PLACES = allOf(
  object({ available: flag, status: STATUSES, vacancies: integerOrNull, capacity: integerOrNull }),
  when('status', oneOf('SOLD_OUT', 'CLOSED'), object({ available: oneOf(false) })),
);

export function availabilitySchema(capabilities: Capabilities): Schema {
  return allOf(
    slot,
    PLACES,
    object({
      maxUnits: integerOrNull,
      utcCutoffAt: utcTime,
      ...added(capabilities, 'octo/pricing', { unitPricing }),
    }),
    { properties: { pricing: capabilities.has('octo/pricing') ? pricing : false } },
  );
}

export function calendarDateSchema(capabilities: Capabilities): Schema {
  return allOf(
    PLACES,
    object({
      localDate,
      openingHours: OPENING_HOURS,
      ...added(capabilities, 'octo/pricing', { unitPricingFrom: unitPricing }),
    }),
    { properties: { pricingFrom: capabilities.has('octo/pricing') ? pricing : false } },
  );
}
