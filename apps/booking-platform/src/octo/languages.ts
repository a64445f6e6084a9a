/** The languages that the platform has content in; the first is the default. */
export const LANGUAGES = ['en', 'fr', 'de'] as const;

/** A language that the platform has content in. */
export type Language = (typeof LANGUAGES)[number];

const DEFAULT_LANGUAGE: Language = 'en';

/**
 * Chooses the language that matches an `Accept-Language` header, or a single BCP 47 tag, best. Regions are ignored, so
 * `fr-CH` gives `fr`. Without a match, it is the default language.
 */
export function negotiateLanguage(acceptLanguage: string | null | undefined): Language {
  const wishes = (acceptLanguage ?? '')
    .split(',')
    .map(readWish)
    .filter(({ quality }) => quality > 0)
    // The sort is stable, so the first of equal preferences wins.
    .sort((a, b) => b.quality - a.quality);
  for (const { tag } of wishes) {
    if (tag === '*') return DEFAULT_LANGUAGE;
    const language = LANGUAGES.find((candidate) => candidate === tag.split('-')[0]);
    if (language !== undefined) return language;
  }
  return DEFAULT_LANGUAGE;
}

function readWish(text: string): { tag: string; quality: number } {
  const [tag = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const q = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = q === undefined ? 1 : Number(q.slice(2));
  return { tag, quality: Number.isFinite(quality) ? quality : 0 };
}
