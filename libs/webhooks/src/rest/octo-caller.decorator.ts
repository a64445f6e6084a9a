import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { OctoConnection } from '../host/webhooks-host.js';
import { OctoError } from '../octo/octo-error.js';
import type { OctoRequest } from './octo-request.js';

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
