import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { AvailabilityController } from './availability.controller.js';
import { AvailabilityService } from './availability.service.js';
import { PlacesService } from './places/places.service.js';

/** Departures and their places. */
@Module({
  imports: [AccountsModule, CatalogueModule],
  controllers: [AvailabilityController],
  providers: [AvailabilityService, PlacesService],
  exports: [AvailabilityService, PlacesService],
})
export class AvailabilityModule {}
