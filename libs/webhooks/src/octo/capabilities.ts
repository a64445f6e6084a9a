import { OctoError } from './octo-error.js';

/** The capability that this library implements. */
export const WEBHOOKS_CAPABILITY = 'octo/webhooks';

const ALIASES: ReadonlyMap<string, string> = new Map([
  ['webhooks', WEBHOOKS_CAPABILITY],
  ['ventrata/webhooks', WEBHOOKS_CAPABILITY],
]);

/** Header names in order of precedence: the current one, then the one that older clients send. */
export const CAPABILITIES_HEADERS = ['octo-capabilities', 'x-capabilities'] as const;

/**
 * Reads the capabilities that a request asks for.
 *
 * @param headers the request's headers, with lower-case names
 * @returns the ids in the order of the header, each once, aliases resolved
 * @throws OctoError BAD_REQUEST when the header is absent, because OCTO requires it even if it is empty
 */
export function requestedCapabilities(headers: Readonly<Record<string, string | string[] | undefined>>): string[] {
  const raw = CAPABILITIES_HEADERS.map((name) => headers[name]).find((value) => value !== undefined);
  if (raw === undefined) {
    throw new OctoError(
      'BAD_REQUEST',
      'The header Octo-Capabilities is missing. Send it on each request, even if empty; for webhooks: "octo/webhooks".',
    );
  }
  const ids = [raw]
    .flat()
    .join(',')
    .split(',')
    .map((id) => id.trim())
    .filter((id) => id !== '')
    .map((id) => ALIASES.get(id) ?? id);
  return [...new Set(ids)];
}

/**
 * The capabilities in force: those that are requested and allowed. Others are dropped silently, as OCTO requires.
 *
 * @param requested the capabilities that the request asks for
 * @param allowed the capabilities that the connection may use. `octo/webhooks` is always allowed
 */
export function appliedCapabilities(requested: readonly string[], allowed: readonly string[]): string[] {
  return requested.filter((id) => id === WEBHOOKS_CAPABILITY || allowed.includes(id));
}
