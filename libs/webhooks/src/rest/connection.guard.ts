import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { WebhooksHost, type OctoConnection } from '../host/webhooks-host.js';
import { OctoError } from '../octo/octo-error.js';
import { headerOf, type OctoRequest } from './octo-request.js';

/**
 * Lets a request in whose key the host knows. A host may put a guard of its own in its place (`guard`): that one has to
 * leave the connection on the request, as `octoConnection`.
 */
@Injectable()
export class ConnectionGuard implements CanActivate {
  constructor(private readonly host: WebhooksHost) {}

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const request = context.switchToHttp().getRequest<OctoRequest>();
    request.octoConnection = await this.authenticate(headerOf(request, 'authorization'));
    return true;
  }

  private async authenticate(authorization: string | undefined): Promise<OctoConnection> {
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
