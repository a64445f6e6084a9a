import { validateHeaderName, validateHeaderValue } from 'node:http';
import { isJsonObject } from '../octo/json.js';

const MAX_URL_LENGTH = 2048;

/**
 * Why a value cannot be the URL of a webhook, or null when it can. It may contain credentials, which are sent as basic
 * authentication, as OCTO demands.
 */
export function urlProblem(value: unknown): string | null {
  if (typeof value !== 'string') return 'must be a text';
  if (value.length > MAX_URL_LENGTH) return `must have at most ${MAX_URL_LENGTH} characters`;
  // The class URL removes some of them, so that the stored URL would not be the one that is called. PostgreSQL cannot store NUL.
  if (/\p{Cc}/u.test(value)) return 'must not have control characters';
  if (!/^https?:\/\//i.test(value) || !URL.canParse(value)) {
    return 'must be an absolute URL that begins with https:// or http://';
  }
  if (new URL(value).hash !== '') return 'must not have a fragment (#…), which is never sent';
  return null;
}

const MAX_HEADERS = 20;
const MAX_NAME_LENGTH = 128;
const MAX_VALUE_LENGTH = 4096;
/** Of all names and values together. Each is sent and kept in memory with every webhook, and looked for in every answer. */
const MAX_HEADERS_BYTES = 8192;

/** The part of a text that is a token in the sense of RFC 9110, as a header name must be. */
const TOKEN_BEGINNING = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*/;

/** Names that JavaScript objects lose, and that Nest, class-transformer or axios therefore remove without an error. */
export const LOST_HEADER_NAMES: readonly string[] = [
  '__proto__',
  'clear',
  'concat',
  'constructor',
  'delete',
  'get',
  'has',
  'normalize',
  'prototype',
  'set',
];
/** The first names are those that the library or HTTP itself sets. */
const RESERVED = new Set([
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'octo-record-state',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  ...LOST_HEADER_NAMES,
]);
const RESERVED_PREFIX = 'webhook-';

/** Why a value cannot be the `headers` of a webhook, or null when it can. */
export function headersProblem(value: unknown): string | null {
  if (!isJsonObject(value)) return 'must be an object of header names and values';
  const entries = Object.entries(value);
  if (entries.length > MAX_HEADERS) return `must have at most ${MAX_HEADERS} entries, but has ${entries.length}`;
  const seen = new Set<string>();
  let bytes = 0;
  for (const [name, headerValue] of entries) {
    const problem = headerProblem(name, headerValue);
    if (problem !== null) return problem;
    if (seen.has(name.toLowerCase())) return `names ${JSON.stringify(name)} twice`;
    seen.add(name.toLowerCase());
    // HTTP sends a header in Latin-1, with one byte for each character.
    bytes += name.length + (typeof headerValue === 'string' ? headerValue.length : 0);
  }
  if (bytes > MAX_HEADERS_BYTES)
    return `must have at most ${MAX_HEADERS_BYTES} bytes of names and values, but has ${bytes}`;
  return null;
}

function headerProblem(name: string, value: unknown): string | null {
  // A partner that writes `Authorization: Bearer …` into the name must not find its secret in an error.
  const shown = JSON.stringify(TOKEN_BEGINNING.exec(name)?.[0].slice(0, MAX_NAME_LENGTH));
  const lower = name.toLowerCase();
  if (name.length > MAX_NAME_LENGTH || !passes(() => validateHeaderName(name))) {
    return `has a name that begins with ${shown}; a header name has 1 to ${MAX_NAME_LENGTH} letters, digits or any of !#$%&'*+-.^_\`|~`;
  }
  if (RESERVED.has(lower) || lower.startsWith(RESERVED_PREFIX)) {
    return `has the name ${shown}, which is reserved (${RESERVED_PREFIX}* and ${[...RESERVED].join(', ')} are)`;
  }
  if (typeof value !== 'string') return `has a value for ${shown} that is not a text`;
  if (value.length > MAX_VALUE_LENGTH) return `has a value for ${shown} of more than ${MAX_VALUE_LENGTH} characters`;
  if (!passes(() => validateHeaderValue(name, value))) {
    return `has a value for ${shown} with a line break or another character that HTTP forbids`;
  }
  return null;
}

/** Whether a check of Node accepts its value. Its error is not used, because it quotes the name. */
function passes(check: () => void): boolean {
  try {
    check();
    return true;
  } catch {
    return false;
  }
}
