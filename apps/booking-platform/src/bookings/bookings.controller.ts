import { Body, Get, HttpCode, Param, Patch, Post, Query, UseGuards } from '@nestjs/common';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { BearerGuard } from '../accounts/bearer.guard.js';
import { Octo, type OctoContext } from '../octo/octo-context.js';
import { OctoController } from '../octo/octo-controller.decorator.js';
import { serializeBooking } from './booking.serializer.js';
import { BookingOpener } from './booking-opener.service.js';
import { BookingsReader } from './bookings-reader.service.js';
import { BookingsService } from './bookings.service.js';
import { CancelBookingDto, ExtendBookingDto } from './dto/booking-actions.dto.js';
import { CreateBookingDto } from './dto/create-booking.dto.js';
import { ListBookingsDto } from './dto/list-bookings.dto.js';
import { ConfirmBookingDto, UpdateBookingDto } from './dto/update-booking.dto.js';

/** OCTO's bookings, under `/octo/bookings`. Every response uses the same serializer as deliveries. */
@OctoController('bookings')
@UseGuards(BearerGuard)
export class BookingsController {
  constructor(
    private readonly opener: BookingOpener,
    private readonly bookings: BookingsService,
    private readonly reader: BookingsReader,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@Octo() octo: OctoContext, @Body() body: CreateBookingDto): Promise<JsonObject> {
    return serializeBooking(await this.opener.create(octo, body), octo.view);
  }

  @Get()
  async list(@Octo() { connection, view }: OctoContext, @Query() query: ListBookingsDto): Promise<JsonObject[]> {
    const states = await this.reader.list(connection, query);
    return states.map((state) => serializeBooking(state, view));
  }

  @Get(':uuid')
  async get(@Octo() { connection, view }: OctoContext, @Param('uuid') uuid: string): Promise<JsonObject> {
    return serializeBooking(await this.reader.one(connection, uuid), view);
  }

  @Patch(':uuid')
  async update(
    @Octo() { connection, view }: OctoContext,
    @Param('uuid') uuid: string,
    @Body() body: UpdateBookingDto,
  ): Promise<JsonObject> {
    return serializeBooking(await this.bookings.update(connection, uuid, body), view);
  }

  @Post(':uuid/confirm')
  @HttpCode(200)
  async confirm(
    @Octo() { connection, view }: OctoContext,
    @Param('uuid') uuid: string,
    @Body() body: ConfirmBookingDto,
  ): Promise<JsonObject> {
    return serializeBooking(await this.bookings.confirm(connection, uuid, body), view);
  }

  @Post(':uuid/extend')
  @HttpCode(200)
  async extend(
    @Octo() { connection, view }: OctoContext,
    @Param('uuid') uuid: string,
    @Body() body: ExtendBookingDto,
  ): Promise<JsonObject> {
    return serializeBooking(await this.bookings.extend(connection, uuid, body), view);
  }

  @Post(':uuid/cancel')
  @HttpCode(200)
  async cancel(
    @Octo() { connection, view }: OctoContext,
    @Param('uuid') uuid: string,
    @Body() body: CancelBookingDto,
  ): Promise<JsonObject> {
    return serializeBooking(await this.bookings.cancel(connection, uuid, body), view);
  }
}
