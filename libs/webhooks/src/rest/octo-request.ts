import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { OctoConnection } from '../host/webhooks-host.js';
import { OctoError } from '../octo/octo-error.js';

/** The little that the library reads of a request, and what it leaves on it. */
export interface OctoRequest {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Who is calling; set by the guard, the library's own or the host's. */
  octoConnection?: OctoConnection;
  /** The capabilities in force, `octo/webhooks` among them; set by the library. */
  octoCapabilities?: readonly string[];
}

/** The little that the library does with a response. */
export interface OctoResponse {
  setHeader(name: string, value: string): void;
}

/** The first value of a header. */
export function headerOf(request: OctoRequest, name: string): string | undefined {
  return [request.headers[name]].flat()[0];
}

/** Who is calling, and with what in force. */
export interface OctoCaller {
  readonly connection: OctoConnection;
  readonly capabilities: readonly string[];
}

/** The caller of a request that the guards have let in. */
export const Caller = createParamDecorator((_: unknown, context: ExecutionContext): OctoCaller => {
  const { octoConnection, octoCapabilities } = context.switchToHttp().getRequest<OctoRequest>();
  if (octoConnection === undefined || octoCapabilities === undefined) {
    throw new OctoError('UNAUTHORIZED', 'The caller has not been authenticated: the guard left no octoConnection.');
  }
  return { connection: octoConnection, capabilities: octoCapabilities };
});
