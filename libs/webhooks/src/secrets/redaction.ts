import { unescape } from 'node:querystring';

const HIDDEN = '***';
/** Shorter values are words such as `test` or `1`, not secrets, and would be hidden in every text. */
const SHORTEST_SECRET = 4;
/** A truncated text may end within a secret. A shorter beginning reveals nothing. */
const SHORTEST_BEGINNING = 4;

/** Shorter parts of a header are words, such as `Bearer`. */
const SHORTEST_KEY = 8;
/** A limit, because a header of many words would make each attempt slow. */
const MAX_PARTS = 16;

/** The parts of a webhook that may be secret. */
interface SecretHolder {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signingSecrets: readonly { readonly secret: string }[];
}

/** A URL in a text, in groups: scheme, credentials, the part up to the query or the next URL, query. */
const URL_IN_TEXT = /(https?:\/\/)([^\s/?#"'<>\\]*@)?((?:(?!https?:\/\/)[^\s?#"'<>\\])*)(\?[^\s#"'<>\\]*)?/gi;

/** Hides the parts of URLs in a text that may be secret: credentials and query values. */
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
 * Makes a function that hides known secrets in a text, in all forms in which a receiver may return them. It also hides
 * credentials and query values of URLs.
 *
 * @param secrets the values to hide; values of fewer than 4 characters are ignored
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const forms = [...new Set(secrets.flatMap(formsOf))].filter((form) => form.length >= SHORTEST_SECRET);
  // The longest comes first, because one secret may be a part of another.
  const longestFirst = forms.toSorted((one, other) => other.length - one.length);
  return (text) => {
    if (text.length < SHORTEST_SECRET) return text;
    const hidden = longestFirst.reduce((rest, form) => rest.replaceAll(form, HIDDEN), text);
    return redactUrls(withoutBegunSecret(hidden, longestFirst));
  };
}

/** The spellings of a secret in JSON, ASCII-only JSON, PHP's JSON, HTML, a URL, and in Latin-1 that was read as UTF-8. */
function formsOf(secret: string): string[] {
  const json = JSON.stringify(secret).slice(1, -1);
  const html = secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
  return [
    secret,
    json,
    json.replaceAll(/[^\0-\x7f]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
    json.replaceAll('/', '\\/'),
    // JSON within JSON.
    JSON.stringify(json).slice(1, -1),
    html,
    html.replaceAll('"', '&quot;'),
    // encodeURIComponent() throws for half a surrogate pair. The conversion to bytes replaces it.
    encodeURIComponent(Buffer.from(secret).toString()),
    Buffer.from(secret, 'latin1').toString(),
  ];
}

function withoutBegunSecret(text: string, forms: readonly string[]): string {
  const begun = Math.max(...forms.map((form) => lengthOfBeginningAtEnd(text, form)), 0);
  return begun === 0 ? text : text.slice(0, -begun) + HIDDEN;
}

/**
 * The length of the longest beginning of the secret with which the text ends; 0 if it is less than SHORTEST_BEGINNING.
 */
function lengthOfBeginningAtEnd(text: string, secret: string): number {
  const end = text.slice(-(secret.length - 1));
  const beginning = secret.slice(0, SHORTEST_BEGINNING);
  for (let at = end.indexOf(beginning); at >= 0; at = end.indexOf(beginning, at + 1)) {
    if (secret.startsWith(end.slice(at))) return end.length - at;
  }
  return 0;
}

/**
 * The values of a webhook that must not appear in logs or stored attempts: signing secrets, header values, and the
 * credentials and query values of its URL. It includes the forms in which the library sends them.
 */
export function secretValuesOf({ url, headers, signingSecrets }: SecretHolder): string[] {
  const signing = signingSecrets.flatMap(({ secret }) => [secret, secret.slice(secret.indexOf('_') + 1)]);
  const sent = Object.values(headers).flatMap((value) => [value, ...keysIn(value)]);
  return [...signing, ...sent, ...urlSecrets(url)].filter((value) => value !== '');
}

/** The secrets alone, without the words around them: `Bearer abc…`, `session=abc…; path=/`. */
function keysIn(headerValue: string): string[] {
  return headerValue.split(/[\s;,=]+/, MAX_PARTS).filter((part) => part.length >= SHORTEST_KEY);
}

/** Credentials and query values as they were written, as the class URL writes them, and decoded. */
function urlSecrets(text: string): string[] {
  const forms = URL.canParse(text) ? [text, new URL(text).href] : [text];
  return forms.flatMap((form) => [...credentialsOf(form), ...queryValuesOf(form)]);
}

function credentialsOf(url: string): string[] {
  const userInfo = /^https?:\/\/([^/?#\\]*)@/i.exec(url)?.[1];
  if (userInfo === undefined) return [];
  const colon = userInfo.indexOf(':');
  const name = colon < 0 ? userInfo : userInfo.slice(0, colon);
  const password = colon < 0 ? '' : userInfo.slice(colon + 1);
  const sent = `${unescape(name)}:${unescape(password)}`;
  return [name, unescape(name), password, unescape(password), sent, Buffer.from(sent).toString('base64')];
}

function queryValuesOf(url: string): string[] {
  const query = /\?([^#]*)/.exec(url)?.[1] ?? '';
  const values = query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1));
  return values.flatMap((value) => [value, unescape(value)]);
}
