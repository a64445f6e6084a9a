import { Module } from '@nestjs/common';
import { AvailabilityModule } from '../availability/availability.module.js';
import { BookingsModule } from '../bookings/bookings.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { OrdersModule } from '../orders/orders.module.js';
import { TriggerFinder } from './trigger-finder.service.js';

/** The dependencies of `PlatformWebhooksHost` besides the accounts. */
@Module({
  imports: [AvailabilityModule, BookingsModule, CatalogueModule, OrdersModule],
  providers: [TriggerFinder],
  exports: [TriggerFinder],
})
export class TriggerModule {}
