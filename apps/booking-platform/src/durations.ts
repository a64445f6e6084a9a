const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** The notation of a duration, for error messages. */
export const DURATION_FORMAT = 'a number with a unit of ms, s, m or h, such as 500ms, 2s or 5m';

/** Reads a duration such as `500ms` or `2s`. Returns milliseconds, or null for any other text. */
export function parseDuration(text: string): number | null {
  const [, amount, unit] = /^(\d{1,9})(ms|s|m|h)$/.exec(text.trim()) ?? [];
  const unitMs = unit === undefined ? undefined : UNITS_MS[unit];
  return amount === undefined || unitMs === undefined ? null : Number(amount) * unitMs;
}
