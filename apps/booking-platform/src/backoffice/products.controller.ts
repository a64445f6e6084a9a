import { Body, Controller, Headers, Param, Patch, UseGuards, UsePipes } from '@nestjs/common';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { ProductWriter } from '../catalogue/product-writer.service.js';
import { serializeProduct } from '../catalogue/product.serializer.js';
import { strictValidationPipe } from '../octo/octo-validation.pipe.js';
import { backofficeView } from './backoffice-view.js';
import { EditProductDto } from './dto/edit-product.dto.js';
import { editProduct } from './product-edit.js';
import { CallingSupplier, SupplierKeyGuard } from './supplier-key.guard.js';

/** `PATCH /backoffice/products/{id}`. */
@Controller('backoffice/products')
@UseGuards(SupplierKeyGuard)
@UsePipes(strictValidationPipe())
export class BackofficeProductsController {
  constructor(private readonly products: ProductWriter) {}

  @Patch(':id')
  async edit(
    @CallingSupplier() supplierId: string,
    @Param('id') id: string,
    @Body() body: EditProductDto,
    @Headers('accept-language') acceptLanguage?: string,
  ): Promise<JsonObject> {
    const product = await this.products.change(supplierId, id, (present) => editProduct(present, body));
    return serializeProduct(product, backofficeView(acceptLanguage));
  }
}
