import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { appliedCapabilities, requestedCapabilities, WEBHOOKS_CAPABILITY } from '../octo/capabilities.js';
import { OctoError } from '../octo/octo-error.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { OctoRequest } from './octo-request.js';

/** Finds out which capabilities are in force, and turns away a request that does not ask for `octo/webhooks`. */
@Injectable()
export class CapabilitiesGuard implements CanActivate {
  constructor(@Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<OctoRequest>();
    const requested = requestedCapabilities(request.headers);
    if (this.options.octo.requireCapability && !requested.includes(WEBHOOKS_CAPABILITY)) {
      throw new OctoError(
        'BAD_REQUEST',
        `The header Octo-Capabilities does not name ${WEBHOOKS_CAPABILITY}, which these endpoints need.`,
      );
    }
    request.octoCapabilities = appliedCapabilities(requested, request.octoConnection?.capabilities ?? []);
    return true;
  }
}
