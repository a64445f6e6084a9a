import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { AvailabilityModule } from '../availability/availability.module.js';
import { CatalogueModule } from '../catalogue/catalogue.module.js';
import { BackofficeAvailabilityController } from './availability.controller.js';
import { BackofficeProductsController } from './products.controller.js';
import { SupplierKeyGuard } from './supplier-key.guard.js';

/** The API in which a supplier edits its products and departures. It is not part of OCTO, and not for resellers. */
@Module({
  imports: [AccountsModule, CatalogueModule, AvailabilityModule],
  controllers: [BackofficeProductsController, BackofficeAvailabilityController],
  providers: [SupplierKeyGuard],
})
export class BackofficeModule {}
