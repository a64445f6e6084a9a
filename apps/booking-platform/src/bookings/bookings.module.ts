import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AvailabilityModule } from '../availability/availability.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { OrderRecordModule } from '../orders/record/order-record.module.js';
import { BookingOpener } from './booking-opener.service.js';
import { BookingWriter } from './booking-writer.service.js';
import { BookingsController } from './bookings.controller.js';
import { BookingsReader } from './bookings-reader.service.js';
import { BookingsService } from './bookings.service.js';
import { HoldSweeper } from './hold-sweeper.service.js';
import { BookingTermsService } from './terms/booking-terms.service.js';

/** Bookings, and the expiry of holds. */
@Module({
  imports: [AccountsModule, CatalogueModule, AvailabilityModule, OrderRecordModule],
  controllers: [BookingsController],
  providers: [BookingOpener, BookingsService, BookingsReader, BookingWriter, BookingTermsService, HoldSweeper],
  exports: [BookingsReader, BookingWriter, BookingTermsService],
})
export class BookingsModule {}
