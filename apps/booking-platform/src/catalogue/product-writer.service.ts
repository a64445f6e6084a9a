import { Injectable } from '@nestjs/common';
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import { DataSource, type EntityManager } from 'typeorm';
import { couldBeProductId, unknownProduct } from './catalogue.service.js';
import { ProductEntity } from './product.entity.js';
import type { ProductState } from './product.state.js';

/** Writes products, and tells all of the supplier's connections in the same transaction. */
@Injectable()
export class ProductWriter {
  constructor(
    private readonly dataSource: DataSource,
    private readonly webhooks: WebhookEmitter,
  ) {}

  /**
   * Changes a product of a supplier. If nothing is different afterwards, nothing is written and nobody is told.
   *
   * @param alter makes the new state from the present one; its keys must keep their order
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
      const before = entity.definition;
      const after = alter(before);
      if (JSON.stringify(after) === JSON.stringify(before)) return before;
      await manager.update(ProductEntity, { id: productId }, { definition: after });
      await this.announce(manager, supplierId, before, after);
      return after;
    });
  }

  /** Emits `product_update`. */
  private async announce(
    manager: EntityManager,
    supplierId: string,
    before: ProductState,
    after: ProductState,
  ): Promise<void> {
    await this.webhooks.emit({ event: 'product_update', supplierId, resourceId: after.id, before, after }, { manager });
  }
}
