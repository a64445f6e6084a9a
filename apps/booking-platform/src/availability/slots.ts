import type { OptionState, ProductState } from '../catalogue/product.state.js';
import { addDays, instantOf, isLocalDate, localDateOf, localIso } from '../calendar/local-time.js';

/** One departure of an option. */
export type Slot = {
  /** The local start with its offset. This is OCTO's availability id. */
  id: string;
  localDateTimeStart: string;
  localDateTimeEnd: string;
  utcStart: string;
  /** The latest time of a booking. */
  utcCutoffAt: string;
};

/** How far ahead departures are on sale, in days. */
const SALE_DAYS = 366;

const MINUTE_MS = 60_000;

/** The departures of an option on one date, booked or not. */
export function slotsOn(product: ProductState, option: OptionState, localDate: string): Slot[] {
  return option.availabilityLocalStartTimes.map((localTime) => {
    const start = instantOf(localDate, localTime, product.timeZone);
    const end = new Date(start.getTime() + option.durationMinutes * MINUTE_MS);
    const id = localIso(start, product.timeZone);
    return {
      id,
      localDateTimeStart: id,
      localDateTimeEnd: localIso(end, product.timeZone),
      utcStart: start.toISOString(),
      utcCutoffAt: new Date(start.getTime() - option.bookingCutoffMinutes * MINUTE_MS).toISOString(),
    };
  });
}

/** The departure with an id, which may be in the past; null when the option has none, or it is not on sale yet. */
export function slotById(product: ProductState, option: OptionState, id: string, now: Date): Slot | null {
  const localDate = id.slice(0, 10);
  if (!isLocalDate(localDate) || localDate > lastSaleDate(product, now)) return null;
  return slotsOn(product, option, localDate).find((slot) => slot.id === id) ?? null;
}

/** The departures between two dates, both included, as far as they are on sale. */
export function slotsBetween(
  product: ProductState,
  option: OptionState,
  range: { start: string; end: string },
  now: Date,
): Slot[] {
  const today = localDateOf(now, product.timeZone);
  const last = lastSaleDate(product, now);
  const slots: Slot[] = [];
  for (
    let date = range.start < today ? today : range.start;
    date <= range.end && date <= last;
    date = addDays(date, 1)
  ) {
    slots.push(...slotsOn(product, option, date));
  }
  return slots;
}

function lastSaleDate(product: ProductState, now: Date): string {
  return addDays(localDateOf(now, product.timeZone), SALE_DAYS);
}
