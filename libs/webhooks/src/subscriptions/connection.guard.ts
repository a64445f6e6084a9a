import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { WebhooksHost, type OctoConnection } from '../host/webhooks-host.js';
import { appliedCapabilities, requestedCapabilities, WEBHOOKS_CAPABILITY } from '../octo/capabilities.js';
import { OctoError } from '../octo/octo-error.js';

/** What the guard finds out about a request and leaves on it. */
export interface OctoCaller {
  readonly connection: OctoConnection;
  /** The capabilities in force, `octo/webhooks` among them. */
  readonly capabilities: readonly string[];
}

/** The little that the library reads of a request. */
export interface OctoRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  octoCaller?: OctoCaller;
}

/** Lets a request in whose key the host knows and whose `Octo-Capabilities` header asks for `octo/webhooks`. */
@Injectable()
export class ConnectionGuard implements CanActivate {
  constructor(private readonly host: WebhooksHost) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<OctoRequest>();
    const connection = await this.authenticate(request);
    const requested = requestedCapabilities(request.headers);
    if (!requested.includes(WEBHOOKS_CAPABILITY)) {
      throw new OctoError(
        'BAD_REQUEST',
        `The header Octo-Capabilities does not name ${WEBHOOKS_CAPABILITY}, which these endpoints need.`,
      );
    }
    request.octoCaller = { connection, capabilities: appliedCapabilities(requested, connection.capabilities) };
    return true;
  }

  private async authenticate(request: OctoRequest): Promise<OctoConnection> {
    const authorization = [request.headers['authorization']].flat()[0];
    if (authorization === undefined || authorization === '') {
      throw new OctoError(
        'UNAUTHORIZED',
        'The header Authorization is missing. Send "Authorization: Bearer <API key>".',
      );
    }
    const connection = await this.host.connectionOf(authorization);
    if (connection === null) throw new OctoError('FORBIDDEN', 'The API key is unknown or has been revoked.');
    return connection;
  }
}
