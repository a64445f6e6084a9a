import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AvailabilityModule } from '../availability/availability.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { BookingWriter } from './booking-writer.service.js';
import { BookingsController } from './bookings.controller.js';
import { BookingsReader } from './bookings-reader.service.js';
import { BookingsService } from './bookings.service.js';
import { HoldSweeper } from './hold-sweeper.service.js';
import { BookingTermsService } from './terms/booking-terms.service.js';

/** Bookings, and the expiry of holds. */
@Module({
  imports: [AccountsModule, CatalogueModule, AvailabilityModule],
  controllers: [BookingsController],
  providers: [BookingsService, BookingsReader, BookingWriter, BookingTermsService, HoldSweeper],
})
export class BookingsModule {}
