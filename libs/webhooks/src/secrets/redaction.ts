const HIDDEN = '***';
/** Shorter values are words such as `test` or `1`, which would be cut out of everywhere, and no secrets. */
const SHORTEST_SECRET = 4;
/** A text that was cut off may end within a secret; less than this of its beginning gives nothing away. */
const SHORTEST_BEGINNING = 4;

/** A URL in a text, in three: its credentials, what follows up to the query or another URL, the query. */
const URL_IN_TEXT = /(https?:\/\/)([^\s/?#"'<>\\]*@)?((?:(?!https?:\/\/)[^\s?#"'<>\\])*)(\?[^\s#"'<>\\]*)?/gi;

/** Hides what URLs in a text may keep secret: credentials, and the values of the query. */
export function redactUrls(text: string): string {
  return text.replaceAll(
    URL_IN_TEXT,
    (_, scheme: string, credentials: string | undefined, path: string, query: string | undefined) =>
      scheme + (credentials === undefined ? '' : `${HIDDEN}@`) + path + (query === undefined ? '' : redactQuery(query)),
  );
}

function redactQuery(query: string): string {
  return `?${query.slice(1).split('&').map(redactPair).join('&')}`;
}

function redactPair(pair: string): string {
  if (pair === '') return '';
  const equals = pair.indexOf('=');
  return equals < 0 ? HIDDEN : `${pair.slice(0, equals)}=${HIDDEN}`;
}

/**
 * Makes a function that hides known secrets in texts, as they are and in the forms in which a receiver may hand them back, and
 * what URLs in it may keep secret.
 *
 * @param secrets what is not to be shown; values of fewer than 4 characters are not looked for
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form.length >= SHORTEST_SECRET);
  // The longest first: one secret may be a part of another.
  const longestFirst = forms.toSorted((one, other) => other.length - one.length);
  return (text) => {
    if (text.length < SHORTEST_SECRET) return text;
    const hidden = longestFirst.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text);
    return redactUrls(withoutBegunSecret(hidden, longestFirst));
  };
}

/** A secret as JSON, ASCII-only JSON, PHP's JSON, HTML, a URL, and a reader that takes Latin-1 for UTF-8 would show it. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    secret,
    json,
    json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    json.replaceAll('/', '\\/'),
    // A body that is JSON itself, within JSON.
    JSON.stringify(json).slice(1, -1),
    html,
    html.replaceAll('"', '&quot;'),
    // By way of bytes, since half a surrogate pair would throw.
    encodeURIComponent(Buffer.from(secret).toString()),
    Buffer.from(secret, 'latin1').toString(),
  ];
}

function withoutBegunSecret(text: string, forms: readonly string[]): string {
  const begun = Math.max(...forms.map((form) => lengthOfBeginningAtEnd(text, form)), 0);
  return begun === 0 ? text : text.slice(0, -begun) + HIDDEN;
}

/** How much of the beginning of a secret a text ends with, from SHORTEST_BEGINNING on. */
function lengthOfBeginningAtEnd(text: string, secret: string): number {
  const end = text.slice(-(secret.length - 1));
  const beginning = secret.slice(0, SHORTEST_BEGINNING);
  for (let at = end.indexOf(beginning); at >= 0; at = end.indexOf(beginning, at + 1)) {
    if (secret.startsWith(end.slice(at))) return end.length - at;
  }
  return 0;
}
