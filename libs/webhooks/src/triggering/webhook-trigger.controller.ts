import { Body, HttpCode, Param, Post, type Type } from '@nestjs/common';
import { ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import type { EndpointSettings } from '../rest/endpoint-settings.js';
import { Caller, type OctoCaller } from '../rest/octo-caller.decorator.js';
import { OctoEndpoints } from '../rest/octo-endpoints.decorator.js';
import { OctoAcceptedResult, WebhookTriggerDto } from './webhook-trigger.dto.js';
import { WebhookTriggerService } from './webhook-trigger.service.js';

/** Makes the controller of the trigger endpoint; a class of its own for each call, as `webhooksController` does. */
export function webhookTriggerController(settings: EndpointSettings): Type {
  @OctoEndpoints(settings)
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
