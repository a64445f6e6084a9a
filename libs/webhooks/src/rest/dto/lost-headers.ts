import { OctoError } from '../../octo/octo-error.js';
import { headersProblem, LOST_HEADER_NAMES } from '../../subscriptions/webhook-rules.js';

/**
 * Refuses headers of a webhook whose names would be lost. It must run before Nest's `ValidationPipe`, which deletes
 * `__proto__`, `constructor` and `prototype` from every body without an error.
 *
 * @throws OctoError BAD_REQUEST
 */
export function refuseLostHeaders(body: unknown): void {
  const headers = typeof body === 'object' && body !== null && 'headers' in body ? body.headers : null;
  if (typeof headers !== 'object' || headers === null) return;
  for (const name of LOST_HEADER_NAMES.filter((one) => Object.hasOwn(headers, one))) {
    throw new OctoError('BAD_REQUEST', `headers ${headersProblem({ [name]: '' })}`);
  }
}
