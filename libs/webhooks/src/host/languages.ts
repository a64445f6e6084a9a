import { basicFilter, lookup } from 'bcp-47-match';
import { InvalidHostAnswerError } from './host-answers.js';

/** As many characters as the column for it holds. RFC 5646 (4.4.1) asks for 35. */
const MOST_CHARACTERS = 64;

/**
 * A language tag in its canonical form, or null for a text that is none. Platforms store `de_DE` as often as `de-DE`, with
 * spaces around it, or nothing at all.
 */
function canonicalTag(text: string): string | null {
  try {
    return Intl.getCanonicalLocales(text.trim().replaceAll('_', '-'))[0] ?? null;
  } catch {
    return null;
  }
}

/**
 * The language of a delivery's content.
 *
 * @param available the languages that the supplier has content in, the default first
 * @param wanted the guest's languages in order of preference; empty when there is no guest, or the webhook does not use
 * their language. A text that is not a language tag is skipped, because guests and forms send any text
 * @returns the best match by RFC 4647, as the host writes it, else the default; null when the host names no languages. Lookup
 * comes first, so that `fr-CH` finds `fr`, then filtering, so that `en` finds `en-GB`
 * @throws InvalidHostAnswerError when an available language is no language tag
 */
export function contentLanguage(available: readonly string[], wanted: readonly string[]): string | null {
  const written = new Map(available.map((language) => [availableTag(language), language]));
  const tags = [...written.keys()];
  for (const locale of wanted) {
    const tag = canonicalTag(locale);
    const match = tag === null ? undefined : (lookup(tags, [tag]) ?? basicFilter(tags, [tag])[0]);
    if (match !== undefined) return written.get(match) ?? null;
  }
  return available[0] ?? null;
}

function availableTag(language: string): string {
  const tag = language.length <= MOST_CHARACTERS ? canonicalTag(language) : null;
  if (tag !== null) return tag;
  const shown = JSON.stringify(language.slice(0, MOST_CHARACTERS));
  throw new InvalidHostAnswerError(
    'languages',
    `names ${shown}; allowed are language tags (BCP 47) of at most ${MOST_CHARACTERS} characters`,
  );
}
