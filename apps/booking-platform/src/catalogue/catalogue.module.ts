import { Module } from '@nestjs/common';
import { AccountsModule } from '../accounts/accounts.module.js';
import { CatalogueService } from './catalogue.service.js';
import { ProductWriter } from './product-writer.service.js';
import { ProductsController } from './products.controller.js';

/** Products, their options and units. */
@Module({
  imports: [AccountsModule],
  controllers: [ProductsController],
  providers: [CatalogueService, ProductWriter],
  exports: [CatalogueService, ProductWriter],
})
export class CatalogueModule {}
