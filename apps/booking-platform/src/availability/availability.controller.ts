import { Body, HttpCode, Post, UseGuards } from '@nestjs/common';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { BearerGuard } from '../accounts/bearer.guard.js';
import { Octo, type OctoContext } from '../octo/octo-context.js';
import { OctoController } from '../octo/octo-controller.decorator.js';
import { serializeAvailability } from './availability.serializer.js';
import { AvailabilityService } from './availability.service.js';
import { serializeCalendar } from './calendar.serializer.js';
import { AvailabilityCalendarDto, CheckAvailabilityDto } from './check-availability.dto.js';

/** `POST /octo/availability` and `POST /octo/availability/calendar`. */
@OctoController('availability')
@UseGuards(BearerGuard)
export class AvailabilityController {
  constructor(private readonly availability: AvailabilityService) {}

  @Post()
  @HttpCode(200)
  async check(@Octo() { connection, view }: OctoContext, @Body() body: CheckAvailabilityDto): Promise<JsonObject[]> {
    const states = await this.availability.check(connection.supplierId, body);
    return states.map((state) => serializeAvailability(state, view));
  }

  @Post('calendar')
  @HttpCode(200)
  async dates(@Octo() { connection, view }: OctoContext, @Body() body: AvailabilityCalendarDto): Promise<JsonObject[]> {
    return serializeCalendar(await this.availability.check(connection.supplierId, body), view);
  }
}
