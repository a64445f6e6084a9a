import { isJsonObject, type JsonObject } from '../octo/json.js';
import { WebhooksError } from '../webhooks.errors.js';
import { PREFIX } from '../webhooks.names.js';
import { hostIdProblem } from './host-id.js';
import type { OctoConnection, WebhooksHost } from './webhooks-host.js';

/**
 * The host's port has answered what cannot be used. A request is answered with INTERNAL_SERVER_ERROR; an attempt of a delivery
 * fails, as when the port throws.
 */
export class InvalidHostAnswerError extends WebhooksError {
  /**
   * @param method the method of the port
   * @param problem what is wrong with its answer, and what is allowed
   */
  constructor(
    readonly method: keyof WebhooksHost,
    readonly problem: string,
  ) {
    super(`${PREFIX}: the answer of ${method}() ${problem}.`);
  }
}

/**
 * A connection whose ids can be stored and compared.
 *
 * @throws InvalidHostAnswerError
 */
export function checkedConnection(connection: OctoConnection): OctoConnection {
  for (const field of ['id', 'supplierId'] as const) {
    const problem = hostIdProblem(connection[field]);
    if (problem !== null) throw new InvalidHostAnswerError('connectionOf', `has the wrong ${field}, which ${problem}`);
  }
  return connection;
}

/**
 * An object in the form that is sent: dates are texts, and undefined members are missing.
 *
 * @throws InvalidHostAnswerError when it is no object
 */
export function checkedObject(method: 'serialize' | 'supplier', answer: JsonObject): JsonObject {
  const text = JSON.stringify(answer) as string | undefined;
  const object: unknown = text === undefined ? undefined : JSON.parse(text);
  if (isJsonObject(object)) return object;
  throw new InvalidHostAnswerError(method, 'must be a JSON object');
}
