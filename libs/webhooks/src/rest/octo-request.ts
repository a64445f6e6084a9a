import type { OctoConnection } from '../host/webhooks-host.js';
import { OctoError } from '../octo/octo-error.js';

/** The parts of a request that the library reads, and the fields that it sets. */
export interface OctoRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The calling connection. Set by the library's guard, or by the host's. */
  octoConnection?: OctoConnection;
  /** The capabilities in force, including `octo/webhooks`. Set by the library. */
  octoCapabilities?: readonly string[];
}

/**
 * A request as Express has parsed it. The handlers take it whole: through a parameter with `@Body()`, `@Query()` or
 * `@Param()`, the global pipes of the host would refuse or change what a partner sends.
 */
export interface ParsedRequest extends OctoRequest {
  readonly params: Readonly<Record<string, string>>;
  readonly query: unknown;
  /** Undefined when there is none. */
  readonly body?: unknown;
}

/** The part of a response that the library uses. */
export interface OctoResponse {
  setHeader(name: string, value: string): void;
}

/** Nobody may keep an answer: it has the headers of a webhook, which may be keys, or its signing secret. Each answer says so. */
export function forbidStoring(response: OctoResponse): void {
  response.setHeader('Cache-Control', 'no-store');
}

/** The first value of a header. */
export function headerOf(request: OctoRequest, name: string): string | undefined {
  return [request.headers[name]].flat()[0];
}

/** The calling connection, and the capabilities in force for its request. */
export interface OctoCaller {
  readonly connection: OctoConnection;
  readonly capabilities: readonly string[];
}

/**
 * The caller of a request that has passed the guards.
 *
 * @throws OctoError UNAUTHORIZED when a guard of the host's did not set the connection
 */
export function callerOf({ octoConnection, octoCapabilities }: OctoRequest): OctoCaller {
  if (octoConnection === undefined || octoCapabilities === undefined) {
    throw new OctoError('UNAUTHORIZED', 'The caller has not been authenticated: the guard did not set octoConnection.');
  }
  return { connection: octoConnection, capabilities: octoCapabilities };
}

/** The id of the webhook in the path. */
export function webhookIdOf({ params }: ParsedRequest): string {
  return params['webhookId'] ?? '';
}
