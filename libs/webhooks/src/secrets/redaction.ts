import { unescape } from 'node:querystring';
import { indexesUpTo, readingsOf } from './spellings.js';
import { TextSearch } from './text-search.js';

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
 * credentials and query values of URLs. Its work grows linearly with the text, whatever the secrets are.
 *
 * @param secrets the values to hide; values of fewer than 4 characters are ignored
 */
export function redactor(secrets: readonly string[]): (text: string) => string {
  const search = new TextSearch(searchedWords(secrets));
  return (text) => (text.length < SHORTEST_SECRET ? text : redactUrls(withoutSecrets(text, search)));
}

/** The secrets as they are found in a reading of a text: whole, in UTF-8, and in Latin-1 that was read as UTF-8. */
export function searchedWords(secrets: readonly string[]): string[] {
  const forms = secrets.flatMap((secret) => [
    secret,
    Buffer.from(secret).toString(),
    Buffer.from(secret, 'latin1').toString(),
  ]);
  return [...new Set(forms)].filter((form) => form.length >= SHORTEST_SECRET);
}

function withoutSecrets(text: string, search: TextSearch): string {
  const hiddenFrom = indexesUpTo(text.length);
  for (const { text: read, starts } of readingsOf(text)) {
    const { lengths, begun } = search.find(read);
    for (let end = 1; end <= read.length; end += 1) {
      const length = lengths[end] ?? 0;
      if (length > 0) hide(hiddenFrom, starts[end - length] ?? 0, starts[end] ?? 0);
    }
    if (begun >= SHORTEST_BEGINNING) hide(hiddenFrom, starts[read.length - begun] ?? 0, text.length);
  }
  return withHidden(text, hiddenFrom);
}

function hide(hiddenFrom: Uint32Array, from: number, end: number): void {
  hiddenFrom[end] = Math.min(hiddenFrom[end] ?? end, from);
}

/**
 * Replaces parts of a text. Parts that overlap become one.
 *
 * @param hiddenFrom for each index, where the longest part to be hidden begins that ends there; the index itself when none does
 */
function withHidden(text: string, hiddenFrom: Uint32Array): string {
  const pieces: string[] = [];
  let keptUntil = text.length;
  let end = text.length;
  while (end > 0) {
    let start = hiddenFrom[end] ?? end;
    if (start === end) {
      end -= 1;
      continue;
    }
    for (let within = end - 1; within > start; within -= 1) start = Math.min(start, hiddenFrom[within] ?? within);
    pieces.push(text.slice(end, keptUntil), HIDDEN);
    keptUntil = end = start;
  }
  pieces.push(text.slice(0, keptUntil));
  return pieces.toReversed().join('');
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
