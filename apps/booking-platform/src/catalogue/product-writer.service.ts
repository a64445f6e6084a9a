import { Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { couldBeProductId, unknownProduct } from './catalogue.service.js';
import { ProductEntity } from './product.entity.js';
import type { ProductState } from './product.state.js';

/** Writes products. Their entity is declared as a webhook resource, so saving a product emits its event. */
@Injectable()
export class ProductWriter {
  constructor(private readonly dataSource: DataSource) {}

  /**
   * Changes a product of a supplier. If nothing changes, nothing is written and no event is emitted.
   *
   * @param alter makes the new state from the present one. The keys must keep their order
   * @throws OctoError INVALID_PRODUCT_ID when the supplier has none with that id
   */
  change(supplierId: string, productId: string, alter: (product: ProductState) => ProductState): Promise<ProductState> {
    if (!couldBeProductId(productId)) return Promise.reject(unknownProduct(productId));
    return this.dataSource.transaction(async (manager) => {
      const entity = await manager.findOne(ProductEntity, {
        where: { id: productId, supplierId },
        lock: { mode: 'pessimistic_write' },
      });
      if (entity === null) throw unknownProduct(productId);
      entity.definition = alter(entity.definition);
      await manager.save(entity);
      return entity.definition;
    });
  }
}
