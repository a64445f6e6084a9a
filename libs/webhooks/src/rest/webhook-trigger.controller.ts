import { Body, HttpCode, Param, Post, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { RouteSettings } from './route-settings.js';
import { Caller, type OctoCaller } from './octo-request.js';
import { OctoRoutes } from './octo-routes.decorator.js';
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
    @ApiOkResponse({ type: OctoAcceptedResult })
    async trigger(
      @Caller() caller: OctoCaller,
      @Param('webhookId') webhookId: string,
      @Body() body: WebhookTriggerDto,
    ): Promise<OctoAcceptedResult> {
      const { requestId, deliveries } = await this.triggers.trigger(caller.connection, webhookId, body);
      const what = deliveries === 1 ? 'The delivery' : `${deliveries} deliveries`;
      return { status: 'accepted', requestId, message: `${what} will be sent shortly.` };
    }
  }
  return WebhookTriggerController;
}
