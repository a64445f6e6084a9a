import { Body, Delete, Get, HttpCode, Inject, Param, Patch, Post, Query, Res, type Type } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation } from '@nestjs/swagger';
import { OctoError } from '../octo/octo-error.js';
import type { OctoWebhook } from '../octo/octo-webhook.js';
import type { RouteSettings } from './route-settings.js';
import { Caller, type OctoCaller } from './octo-request.js';
import { OctoRoutes } from './octo-routes.decorator.js';
import type { OctoResponse } from './octo-request.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { CreateWebhookDto, DeleteByUrlDto, UpdateWebhookDto } from './dto/webhook-request.dto.js';
import { toOctoWebhook } from '../subscriptions/webhook.mapper.js';
import { OctoDeleteResult, OctoWebhookSchema } from './dto/octo-webhook.schema.js';
import { WebhooksService } from '../subscriptions/webhooks.service.js';

/**
 * The response header that contains the signing secret of a new webhook. It is sent only once. It is a header because
 * OCTO's `Webhook` object has no field for the secret.
 */
export const SIGNING_SECRET_HEADER = 'Webhook-Signing-Secret';

const DELETED: OctoDeleteResult = { success: true, message: 'Deleted successfully.' };

/**
 * Makes the controller of OCTO's routes for webhooks. Each call makes a new class, so that two modules with different
 * paths do not share metadata.
 */
export function webhooksController(settings: RouteSettings): Type {
  @OctoRoutes(settings)
  class WebhooksController {
    constructor(
      private readonly webhooks: WebhooksService,
      @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
    ) {}

    @Post()
    @HttpCode(200)
    @ApiOperation({ summary: 'Create a webhook' })
    @ApiOkResponse({
      type: OctoWebhookSchema,
      headers: {
        [SIGNING_SECRET_HEADER]: { description: 'The secret that signs its deliveries', schema: { type: 'string' } },
      },
    })
    async create(
      @Caller() caller: OctoCaller,
      @Body() body: CreateWebhookDto,
      @Res({ passthrough: true }) response: OctoResponse,
    ): Promise<OctoWebhook> {
      const webhook = await this.webhooks.create(caller.connection, body, caller.capabilities);
      response.setHeader(SIGNING_SECRET_HEADER, webhook.signingSecret);
      return toOctoWebhook(webhook);
    }

    @Get()
    @ApiOperation({ summary: "List the connection's webhooks" })
    @ApiOkResponse({ type: [OctoWebhookSchema] })
    async list(@Caller() caller: OctoCaller): Promise<OctoWebhook[]> {
      const webhooks = await this.webhooks.list(caller.connection);
      return webhooks.map(toOctoWebhook);
    }

    /** An addition to OCTO, which has no route that returns one webhook. */
    @Get(':webhookId')
    @ApiOperation({ summary: 'Get a webhook (an addition to OCTO)' })
    @ApiOkResponse({ type: OctoWebhookSchema })
    async get(@Caller() caller: OctoCaller, @Param('webhookId') webhookId: string): Promise<OctoWebhook> {
      return toOctoWebhook(await this.webhooks.get(caller.connection, webhookId));
    }

    @Patch(':webhookId')
    @ApiOperation({ summary: 'Update a webhook' })
    @ApiOkResponse({ type: OctoWebhookSchema })
    async update(
      @Caller() caller: OctoCaller,
      @Param('webhookId') webhookId: string,
      @Body() body: UpdateWebhookDto,
    ): Promise<OctoWebhook> {
      return toOctoWebhook(await this.webhooks.update(caller.connection, webhookId, body, caller.capabilities));
    }

    /** OCTO's schema defines a body here too, probably by mistake. It is ignored. */
    @Delete(':webhookId')
    @ApiOperation({ summary: 'Delete a webhook' })
    @ApiOkResponse({ type: OctoDeleteResult })
    async delete(@Caller() caller: OctoCaller, @Param('webhookId') webhookId: string): Promise<OctoDeleteResult> {
      await this.webhooks.delete(caller.connection, webhookId);
      return DELETED;
    }

    @Delete()
    @ApiOperation({ summary: 'Delete the webhooks with a URL, named in the query or the body' })
    @ApiBody({ type: DeleteByUrlDto, required: false })
    @ApiOkResponse({ type: OctoDeleteResult })
    async deleteByUrl(
      @Caller() caller: OctoCaller,
      @Query() query: DeleteByUrlDto,
      @Body() body?: DeleteByUrlDto,
    ): Promise<OctoDeleteResult> {
      const url = agreed('url', query.url, body?.url);
      const event = agreed('event', query.event, body?.event);
      if (url === undefined) throw new OctoError('BAD_REQUEST', 'url is required, in the query or in the body');
      const deleted = await this.webhooks.deleteByUrl(caller.connection, url, event);
      if (deleted === 0 && this.options.octo.unknownUrlIsError) {
        throw new OctoError(
          'BAD_REQUEST',
          'url must be the URL of a webhook of this connection, exactly as it was subscribed',
        );
      }
      return DELETED;
    }
  }
  return WebhooksController;
}

function agreed<Value>(field: string, inQuery: Value | undefined, inBody: Value | undefined): Value | undefined {
  if (inQuery !== undefined && inBody !== undefined && inQuery !== inBody) {
    throw new OctoError(
      'BAD_REQUEST',
      `${field} must be the same in the query and in the body, or be in only one of them`,
    );
  }
  return inQuery ?? inBody;
}
