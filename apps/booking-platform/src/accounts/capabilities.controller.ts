import { Get, UseGuards } from '@nestjs/common';
import { WEBHOOKS_CAPABILITY, type JsonObject } from 'nestjs-octo-webhooks';
import { Octo, type OctoContext } from '../octo/octo-context.js';
import { OctoController } from '../octo/octo-controller.decorator.js';
import { BearerGuard } from './bearer.guard.js';

/** `GET /octo/capabilities`: the capabilities that the key may use. */
@OctoController('capabilities')
@UseGuards(BearerGuard)
export class CapabilitiesController {
  @Get()
  list(@Octo() { connection }: OctoContext): JsonObject[] {
    return [...connection.capabilities, WEBHOOKS_CAPABILITY].map((id) => ({
      id,
      revision: 1,
      required: false,
      dependencies: [],
      docs: null,
    }));
  }
}
