import { unescape } from 'node:querystring';
import type { Webhook } from './webhook.js';

/** Shorter parts of a header are words, such as `Bearer`. */
const SHORTEST_KEY = 8;
/** A limit, because a header of many words would make each attempt slow. */
const MAX_PARTS = 16;

/**
 * Every value of a webhook that logs and the record of attempts must not show: signing secrets, header values, credentials
 * and query values of its URL, and the forms in which the library sends them.
 */
export function secretValuesOf({
  url,
  headers,
  signingSecrets,
}: Pick<Webhook, 'url' | 'headers' | 'signingSecrets'>): string[] {
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
