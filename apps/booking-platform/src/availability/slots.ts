import type { OpeningHours, OptionState, ProductState } from '../catalogue/product.state.js';
import { addDays, instantOf, isLocalDate, localDateOf, localIso } from '../calendar/local-time.js';

/** One departure of an option. */
export type Slot = {
  /** The local start with its offset. This is OCTO's availability id. */
  id: string;
  localDateTimeStart: string;
  localDateTimeEnd: string;
  /** Whether guests may come at any time while the venue is open. */
  allDay: boolean;
  openingHours: OpeningHours[];
  /** The start, or the closing time of the venue. Deadlines are counted back from it. */
  utcDeadlineBase: string;
  /** The latest time of a booking. */
  utcCutoffAt: string;
};

/** How far ahead departures are on sale, in days. */
const SALE_DAYS = 366;

const MINUTE_MS = 60_000;

/** The departures of an option on one date, booked or not. With opening hours, the whole day is one departure. */
export function slotsOn(product: ProductState, option: OptionState, localDate: string): Slot[] {
  return product.availabilityType === 'OPENING_HOURS'
    ? openDay(product, option, localDate)
    : option.availabilityLocalStartTimes.map((localTime) => departure(product, option, localDate, localTime));
}

function departure({ timeZone }: ProductState, option: OptionState, localDate: string, localTime: string): Slot {
  const start = instantOf(localDate, localTime, timeZone);
  const end = new Date(start.getTime() + option.durationMinutes * MINUTE_MS);
  return slotOf({ timeZone, start, end, deadlineBase: start }, option, []);
}

/** The day from midnight to midnight, as OCTO describes it; none on a day on which the venue is closed. */
function openDay({ timeZone }: ProductState, option: OptionState, localDate: string): Slot[] {
  const closing = option.openingHours.at(-1);
  if (closing === undefined) return [];
  const start = instantOf(localDate, '00:00', timeZone);
  const end = instantOf(addDays(localDate, 1), '00:00', timeZone);
  const deadlineBase = instantOf(localDate, closing.to, timeZone);
  return [slotOf({ timeZone, start, end, deadlineBase }, option, option.openingHours)];
}

function slotOf(
  { timeZone, start, end, deadlineBase }: { timeZone: string; start: Date; end: Date; deadlineBase: Date },
  { bookingCutoffMinutes }: OptionState,
  openingHours: OpeningHours[],
): Slot {
  const id = localIso(start, timeZone);
  return {
    id,
    localDateTimeStart: id,
    localDateTimeEnd: localIso(end, timeZone),
    allDay: openingHours.length > 0,
    openingHours,
    utcDeadlineBase: deadlineBase.toISOString(),
    utcCutoffAt: new Date(deadlineBase.getTime() - bookingCutoffMinutes * MINUTE_MS).toISOString(),
  };
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
