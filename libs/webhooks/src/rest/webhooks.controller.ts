import { Delete, Get, HttpCode, Inject, Patch, Post, Req, Res, type Type } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiQuery } from '@nestjs/swagger';
import { WEBHOOK_EVENT_TYPES } from '../octo/event-type.js';
import { OctoError } from '../octo/octo-error.js';
import type { OctoWebhook } from '../octo/octo-webhook.js';
import type { RouteSettings } from './route-settings.js';
import { callerOf, webhookIdOf } from './octo-request.js';
import type { OctoResponse, ParsedRequest } from './octo-request.js';
import { ApiWebhookId, OctoRoutes } from './octo-routes.decorator.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { bodyOf, queryOf } from './dto/request-parts.js';
import {
  CreateWebhookDto,
  DeleteByUrlDto,
  EVENT_DESCRIPTION,
  UpdateWebhookDto,
  URL_DESCRIPTION,
} from './dto/webhook-request.dto.js';
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
    @ApiBody({ type: CreateWebhookDto })
    @ApiOkResponse({
      type: OctoWebhookSchema,
      headers: {
        [SIGNING_SECRET_HEADER]: { description: 'The secret that signs its deliveries', schema: { type: 'string' } },
      },
    })
    async create(
      @Req() request: ParsedRequest,
      @Res({ passthrough: true }) response: OctoResponse,
    ): Promise<OctoWebhook> {
      const { connection, capabilities } = callerOf(request);
      const body = await bodyOf(request, CreateWebhookDto);
      const webhook = await this.webhooks.create(connection, body, capabilities);
      response.setHeader(SIGNING_SECRET_HEADER, webhook.signingSecret);
      return toOctoWebhook(webhook);
    }

    @Get()
    @ApiOperation({ summary: "List the connection's webhooks" })
    @ApiOkResponse({ type: [OctoWebhookSchema] })
    async list(@Req() request: ParsedRequest): Promise<OctoWebhook[]> {
      const webhooks: OctoWebhook[] = [];
      for await (const webhook of this.webhooks.all(callerOf(request).connection))
        webhooks.push(toOctoWebhook(webhook));
      return webhooks;
    }

    /** An addition to OCTO, which has no route that returns one webhook. */
    @Get(':webhookId')
    @ApiOperation({ summary: 'Get a webhook (an addition to OCTO)' })
    @ApiWebhookId()
    @ApiOkResponse({ type: OctoWebhookSchema })
    async get(@Req() request: ParsedRequest): Promise<OctoWebhook> {
      return toOctoWebhook(await this.webhooks.get(callerOf(request).connection, webhookIdOf(request)));
    }

    @Patch(':webhookId')
    @ApiOperation({ summary: 'Update a webhook' })
    @ApiWebhookId()
    @ApiBody({ type: UpdateWebhookDto })
    @ApiOkResponse({ type: OctoWebhookSchema })
    async update(@Req() request: ParsedRequest): Promise<OctoWebhook> {
      const { connection, capabilities } = callerOf(request);
      const body = await bodyOf(request, UpdateWebhookDto);
      return toOctoWebhook(await this.webhooks.update(connection, webhookIdOf(request), body, capabilities));
    }

    /** OCTO's schema defines a body here too, probably by mistake. It is ignored. */
    @Delete(':webhookId')
    @ApiOperation({ summary: 'Delete a webhook' })
    @ApiWebhookId()
    @ApiOkResponse({ type: OctoDeleteResult })
    async delete(@Req() request: ParsedRequest): Promise<OctoDeleteResult> {
      await this.webhooks.delete(callerOf(request).connection, webhookIdOf(request));
      return DELETED;
    }

    @Delete()
    @ApiOperation({ summary: 'Delete the webhooks with a URL, named in the query or the body' })
    @ApiQuery({
      name: 'event',
      required: false,
      description: EVENT_DESCRIPTION,
      schema: { type: 'string', enum: [...WEBHOOK_EVENT_TYPES] },
    })
    @ApiQuery({ name: 'url', required: false, description: URL_DESCRIPTION, schema: { type: 'string', format: 'uri' } })
    @ApiBody({ type: DeleteByUrlDto, required: false })
    @ApiOkResponse({ type: OctoDeleteResult })
    async deleteByUrl(@Req() request: ParsedRequest): Promise<OctoDeleteResult> {
      const { connection } = callerOf(request);
      const [query, body] = [await queryOf(request, DeleteByUrlDto), await bodyOf(request, DeleteByUrlDto)];
      const url = agreed('url', query.url, body.url);
      const event = agreed('event', query.event, body.event);
      if (url === undefined) throw new OctoError('BAD_REQUEST', 'url is required, in the query or in the body');
      const deleted = await this.webhooks.deleteByUrl(connection, url, event);
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
