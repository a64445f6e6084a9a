import { Get, Param, UseGuards } from '@nestjs/common';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { BearerGuard } from '../accounts/bearer.guard.js';
import { Octo, type OctoContext } from '../octo/octo-context.js';
import { OctoController } from '../octo/octo-controller.decorator.js';
import { CatalogueService } from './catalogue.service.js';
import { serializeProduct } from './product.serializer.js';

/** `GET /octo/products` and `GET /octo/products/{id}`. */
@OctoController('products')
@UseGuards(BearerGuard)
export class ProductsController {
  constructor(private readonly catalogue: CatalogueService) {}

  @Get()
  async list(@Octo() { connection, view }: OctoContext): Promise<JsonObject[]> {
    const products = await this.catalogue.products(connection.supplierId);
    return products.map((product) => serializeProduct(product, view));
  }

  @Get(':id')
  async get(@Octo() { connection, view }: OctoContext, @Param('id') id: string): Promise<JsonObject> {
    return serializeProduct(await this.catalogue.product(connection.supplierId, id), view);
  }
}
