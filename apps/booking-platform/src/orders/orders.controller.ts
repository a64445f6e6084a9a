import { Body, Get, HttpCode, Param, Post, UseGuards } from '@nestjs/common';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { BearerGuard } from '../accounts/bearer.guard.js';
import { Octo, type OctoContext } from '../octo/octo-context.js';
import { OctoController } from '../octo/octo-controller.decorator.js';
import { CancelOrderDto, ConfirmOrderDto, CreateOrderDto } from './dto/order.dto.js';
import { serializeOrder } from './order.serializer.js';
import { OrdersReader } from './orders-reader.service.js';
import { OrdersService } from './orders.service.js';

/** The orders of `octo/cart`, under `/octo/orders`. Every response uses the same serializer as deliveries. */
@OctoController('orders', 'octo/cart')
@UseGuards(BearerGuard)
export class OrdersController {
  constructor(
    private readonly orders: OrdersService,
    private readonly reader: OrdersReader,
  ) {}

  @Post()
  @HttpCode(200)
  async create(@Octo() octo: OctoContext, @Body() body: CreateOrderDto): Promise<JsonObject> {
    return serializeOrder(await this.orders.create(octo, body), octo.view);
  }

  @Get(':id')
  async get(@Octo() { connection, view }: OctoContext, @Param('id') id: string): Promise<JsonObject> {
    return serializeOrder(await this.reader.one(connection, id), view);
  }

  @Post(':id/confirm')
  @HttpCode(200)
  async confirm(
    @Octo() { connection, view }: OctoContext,
    @Param('id') id: string,
    @Body() body: ConfirmOrderDto,
  ): Promise<JsonObject> {
    return serializeOrder(await this.orders.confirm(connection, id, body), view);
  }

  @Post(':id/cancel')
  @HttpCode(200)
  async cancel(
    @Octo() { connection, view }: OctoContext,
    @Param('id') id: string,
    @Body() body: CancelOrderDto,
  ): Promise<JsonObject> {
    return serializeOrder(await this.orders.cancel(connection, id, body), view);
  }
}
