const MAX_HEADERS = 20;
const MAX_NAME_LENGTH = 128;
const MAX_VALUE_LENGTH = 4096;

/** RFC 9110: a field name is a token. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
const TOKEN_BEGINNING = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]*/;
/** RFC 9110: visible ASCII, spaces and tabs; above all no CR and LF, which would let a value add headers. */
const FIELD_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** What the library or HTTP itself sets. */
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
]);
const RESERVED_PREFIX = 'webhook-';

/** Why a value cannot be a webhook's `headers`, or null when it can. */
export function headersProblem(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'must be an object of header names and values';
  }
  const entries = Object.entries(value);
  if (entries.length > MAX_HEADERS) return `must have at most ${MAX_HEADERS} entries, but has ${entries.length}`;
  const seen = new Set<string>();
  for (const [name, headerValue] of entries) {
    const problem = headerProblem(name, headerValue);
    if (problem !== null) return problem;
    if (seen.has(name.toLowerCase())) return `names ${JSON.stringify(name)} twice`;
    seen.add(name.toLowerCase());
  }
  return null;
}

function headerProblem(name: string, value: unknown): string | null {
  // Who writes `Authorization: Bearer …` into the name must not find the secret in an error.
  const shown = JSON.stringify(TOKEN_BEGINNING.exec(name)?.[0].slice(0, MAX_NAME_LENGTH));
  const lower = name.toLowerCase();
  if (name.length > MAX_NAME_LENGTH || !TOKEN.test(name)) {
    return `has a name that begins with ${shown}; a header name has 1 to ${MAX_NAME_LENGTH} letters, digits or any of !#$%&'*+-.^_\`|~`;
  }
  if (RESERVED.has(lower) || lower.startsWith(RESERVED_PREFIX)) {
    return `has the name ${shown}, which is reserved (${RESERVED_PREFIX}* and ${[...RESERVED].join(', ')} are)`;
  }
  if (typeof value !== 'string') return `has a value for ${shown} that is not a text`;
  if (value.length > MAX_VALUE_LENGTH) return `has a value for ${shown} of more than ${MAX_VALUE_LENGTH} characters`;
  if (!FIELD_VALUE.test(value))
    return `has a value for ${shown} with a line break or another character that HTTP forbids`;
  return null;
}
