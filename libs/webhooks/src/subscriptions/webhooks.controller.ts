import {
  Body,
  Controller,
  createParamDecorator,
  Delete,
  Get,
  HttpCode,
  Param,
  Patch,
  Post,
  Res,
  UseFilters,
  UseGuards,
  UseInterceptors,
  UsePipes,
  ValidationPipe,
  type ExecutionContext,
  type Type,
} from '@nestjs/common';
import type { ValidationError } from 'class-validator';
import { OctoError } from '../octo/octo-error.js';
import { OctoExceptionFilter } from '../octo/octo-exception.filter.js';
import type { OctoWebhook } from '../octo/octo-webhook.js';
import { CapabilitiesInterceptor } from './capabilities.interceptor.js';
import { ConnectionGuard, type OctoCaller, type OctoRequest } from './connection.guard.js';
import { CreateWebhookDto, UpdateWebhookDto } from './dto/webhook-request.dto.js';
import { toOctoWebhook } from './octo-webhook.mapper.js';
import { WebhooksService } from './webhooks.service.js';

/**
 * The response header that carries a new webhook's signing secret, once. OCTO's `Webhook` object has no place for it,
 * and so stays as partners know it.
 */
export const SIGNING_SECRET_HEADER = 'Webhook-Signing-Secret';

/** OCTO's answer to a deletion. */
export interface OctoDeleteResult {
  success: boolean;
  message: string;
}

const Caller = createParamDecorator((_: unknown, context: ExecutionContext): OctoCaller => {
  const { octoCaller } = context.switchToHttp().getRequest<OctoRequest>();
  if (octoCaller === undefined) throw new OctoError('UNAUTHORIZED', 'The caller has not been authenticated.');
  return octoCaller;
});

const validation = new ValidationPipe({
  transform: true,
  // OCTO clients may send more than this version knows, such as `capabilities`, which come from the header.
  whitelist: true,
  exceptionFactory: (errors: ValidationError[]) =>
    new OctoError('BAD_REQUEST', errors.flatMap((error) => Object.values(error.constraints ?? {})).join('; ')),
});

/**
 * Makes the controller of the OCTO endpoints on webhooks. A class of its own for each call, so that two modules with
 * different paths do not share metadata.
 *
 * @param path the prefix of `/webhooks`, such as `octo`
 */
export function webhooksController(path: string): Type {
  @Controller(`${path}/webhooks`)
  @UseGuards(ConnectionGuard)
  @UseFilters(new OctoExceptionFilter())
  @UseInterceptors(CapabilitiesInterceptor)
  @UsePipes(validation)
  class WebhooksController {
    constructor(private readonly webhooks: WebhooksService) {}

    @Post()
    @HttpCode(200)
    async create(
      @Caller() caller: OctoCaller,
      @Body() body: CreateWebhookDto,
      @Res({ passthrough: true }) response: { setHeader(name: string, value: string): void },
    ): Promise<OctoWebhook> {
      const webhook = await this.webhooks.create(caller.connection, body, caller.capabilities);
      response.setHeader(SIGNING_SECRET_HEADER, webhook.secret);
      return toOctoWebhook(webhook);
    }

    @Get()
    async list(@Caller() caller: OctoCaller): Promise<OctoWebhook[]> {
      const webhooks = await this.webhooks.list(caller.connection);
      return webhooks.map(toOctoWebhook);
    }

    @Patch(':webhookId')
    async update(
      @Caller() caller: OctoCaller,
      @Param('webhookId') webhookId: string,
      @Body() body: UpdateWebhookDto,
    ): Promise<OctoWebhook> {
      return toOctoWebhook(await this.webhooks.update(caller.connection, webhookId, body, caller.capabilities));
    }

    @Delete(':webhookId')
    async delete(@Caller() caller: OctoCaller, @Param('webhookId') webhookId: string): Promise<OctoDeleteResult> {
      await this.webhooks.delete(caller.connection, webhookId);
      return { success: true, message: 'Deleted successfully.' };
    }
  }
  return WebhooksController;
}
