import { HttpCode, Post, Req, type Type } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { RouteSettings } from './route-settings.js';
import { callerOf, webhookIdOf } from './octo-request.js';
import type { ParsedRequest } from './octo-request.js';
import { ApiWebhookId, OctoRoutes } from './octo-routes.decorator.js';
import { bodyOf } from './dto/request-parts.js';
import { OctoAcceptedResult, WebhookTriggerDto } from './dto/webhook-trigger.dto.js';
import { WebhookTriggerService } from '../emission/by-partner/webhook-trigger.service.js';

/** Makes the controller of the trigger route. Each call makes a new class, as in `webhooksController`. */
export function webhookTriggerController(settings: RouteSettings): Type {
  @OctoRoutes(settings)
  class WebhookTriggerController {
    constructor(private readonly triggers: WebhookTriggerService) {}

    @Post(':webhookId/trigger')
    @HttpCode(200)
    @ApiOperation({ summary: 'Deliver an object as it is now, for tests' })
    @ApiWebhookId()
    @ApiBody({ type: WebhookTriggerDto })
    @ApiOkResponse({ type: OctoAcceptedResult })
    async trigger(@Req() request: ParsedRequest): Promise<OctoAcceptedResult> {
      const { connection } = callerOf(request);
      const body = await bodyOf(request, WebhookTriggerDto);
      const { requestId, deliveries } = await this.triggers.trigger(connection, webhookIdOf(request), body);
      const what = deliveries === 1 ? 'The delivery' : `${deliveries} deliveries`;
      return { status: 'accepted', requestId, message: `${what} will be sent shortly.` };
    }
  }
  return WebhookTriggerController;
}
