import { Module } from '@nestjs/common';
import { OrderWriter } from './order-writer.service.js';

/** The stored orders, for whatever changes an order or a booking in one. */
@Module({
  providers: [OrderWriter],
  exports: [OrderWriter],
})
export class OrderRecordModule {}
