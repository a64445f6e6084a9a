import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { BookingsModule } from '../bookings/bookings.module.js';
import { OrdersController } from './orders.controller.js';
import { OrdersReader } from './orders-reader.service.js';
import { OrdersService } from './orders.service.js';
import { OrderRecordModule } from './record/order-record.module.js';

/** Orders: bookings that are confirmed or cancelled together. */
@Module({
  imports: [AccountsModule, BookingsModule, OrderRecordModule],
  controllers: [OrdersController],
  providers: [OrdersService, OrdersReader],
  exports: [OrdersReader],
})
export class OrdersModule {}
