import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { checkedConnection } from '../host/host-answers.js';
import { WebhooksHost, type OctoConnection } from '../host/webhooks-host.js';
import { appliedCapabilities, requestedCapabilities, WEBHOOKS_CAPABILITY } from '../octo/capabilities.js';
import { OctoError } from '../octo/octo-error.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { headerOf, type OctoRequest } from './octo-request.js';

/**
 * Accepts a request only if the host knows its key. A host may replace this guard with its own (`guard`), which must
 * set `octoConnection` on the request.
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

/** Determines the capabilities in force, and refuses a request that does not ask for `octo/webhooks`. */
@Injectable()
export class CapabilitiesGuard implements CanActivate {
  constructor(@Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<OctoRequest>();
    const requested = requestedCapabilities(request.headers);
    if (this.options.octo.requireCapability && !requested.includes(WEBHOOKS_CAPABILITY)) {
      throw new OctoError(
        'BAD_REQUEST',
        `The header Octo-Capabilities does not name ${WEBHOOKS_CAPABILITY}, which these routes need.`,
      );
    }
    // Every guard that authenticates a caller, the host's own too, comes before this one.
    const connection = request.octoConnection === undefined ? null : checkedConnection(request.octoConnection);
    request.octoCapabilities = appliedCapabilities(requested, connection?.capabilities ?? []);
    return true;
  }
}

/** Refuses a body that is not JSON. Otherwise, every field of such a body would be reported as missing. */
@Injectable()
export class JsonContentGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<OctoRequest>();
    const hasBody =
      headerOf(request, 'transfer-encoding') !== undefined || Number(headerOf(request, 'content-length') ?? 0) > 0;
    const type = headerOf(request, 'content-type') ?? 'none';
    if (!hasBody || /^application\/json\s*(;|$)/i.test(type)) return true;
    throw new OctoError(
      'BAD_REQUEST',
      `The header Content-Type is ${JSON.stringify(type)}, but must be application/json.`,
    );
  }
}
