import { basicFilter, lookup } from 'bcp-47-match';

/**
 * The language of a delivery's content.
 *
 * @param available the languages that the supplier has content in, the default first
 * @param wanted the guest's languages in order of preference; empty where there is no guest, or where it does not matter
 * @returns one of the available ones by BCP 47 matching (RFC 4647: lookup, so that `fr-CH` finds `fr`; then filtering, so
 * that `en` finds `en-GB`), else the default; null when the host names none
 */
export function contentLanguage(available: readonly string[], wanted: readonly string[]): string | null {
  for (const locale of wanted) {
    const match = lookup([...available], [locale]) ?? basicFilter([...available], [locale])[0];
    if (match !== undefined) return match;
  }
  return available[0] ?? null;
}
