import { Module } from '@nestjs/common';
import { OrderWebhooks } from './order-webhooks.js';
import { OrderWriter } from './order-writer.service.js';

/** The stored orders, for all services that change an order or a booking in one. */
@Module({
  providers: [OrderWriter, OrderWebhooks],
  exports: [OrderWriter],
})
export class OrderRecordModule {}
