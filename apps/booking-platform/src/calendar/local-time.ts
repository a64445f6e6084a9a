const MINUTE_MS = 60_000;

/** A formatter is expensive to create, and there are few time zones. */
const FORMATTERS = new Map<string, Intl.DateTimeFormat>();

function formatter(timeZone: string): Intl.DateTimeFormat {
  let found = FORMATTERS.get(timeZone);
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-CA', {
      timeZone,
      hourCycle: 'h23',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    });
    FORMATTERS.set(timeZone, found);
  }
  return found;
}

/** The local time in a time zone, as `YYYY-MM-DDTHH:mm:ss`. */
function wallClock(instant: Date, timeZone: string): string {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(instant)
      .map(({ type, value }) => [type, value]),
  );
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.get(type) ?? '';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}:${part('second')}`;
}

function offsetMinutes(instant: Date, timeZone: string): number {
  const shownAsUtc = Date.parse(`${wallClock(instant, timeZone)}Z`);
  return Math.round((shownAsUtc - instant.getTime()) / MINUTE_MS);
}

/** The local date in a time zone, as `YYYY-MM-DD`. */
export function localDateOf(instant: Date, timeZone: string): string {
  return wallClock(instant, timeZone).slice(0, 10);
}

/** A local date-time with its offset, such as `2026-05-14T09:00:00-04:00`. */
export function localIso(instant: Date, timeZone: string): string {
  const offset = offsetMinutes(instant, timeZone);
  const hours = String(Math.floor(Math.abs(offset) / 60)).padStart(2, '0');
  const minutes = String(Math.abs(offset) % 60).padStart(2, '0');
  return `${wallClock(instant, timeZone)}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}

/**
 * The moment of a local time.
 *
 * If daylight saving skips the time, the result is later by the skipped duration. If the time occurs twice, the result
 * is always the same one of the two.
 *
 * @param localDate `YYYY-MM-DD`
 * @param localTime `HH:mm`
 */
export function instantOf(localDate: string, localTime: string, timeZone: string): Date {
  const asUtc = Date.parse(`${localDate}T${localTime}:00Z`);
  const guess = new Date(asUtc - offsetMinutes(new Date(asUtc), timeZone) * MINUTE_MS);
  // The offset at the guess is right, unless the clocks change in between. Then the second calculation corrects it.
  return new Date(asUtc - offsetMinutes(guess, timeZone) * MINUTE_MS);
}

/** Whether a text is a real date, written `YYYY-MM-DD`. */
export function isLocalDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

/** The date some days later. */
export function addDays(localDate: string, days: number): string {
  const date = new Date(`${localDate}T00:00:00Z`);
  date.setUTCDate(date.getUTCDate() + days);
  return date.toISOString().slice(0, 10);
}
