/**
 * A moment as OCTO writes it: `YYYY-MM-DDThh:mm:ssZ`, without a fraction of a second. Stored moments keep their
 * milliseconds, because they sort as text.
 *
 * @param instant as `Date.toISOString` writes it
 */
export function utcTime(instant: string): string {
  return `${instant.slice(0, 'YYYY-MM-DDThh:mm:ss'.length)}Z`;
}

/** The same for a moment that may not have come. */
export function utcTimeOrNull(instant: string | null): string | null {
  return instant === null ? null : utcTime(instant);
}
