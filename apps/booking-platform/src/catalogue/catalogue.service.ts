import { Injectable } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import { DataSource, type EntityManager } from 'typeorm';
import { ProductEntity } from './product.entity.js';
import type { ProductState } from './product.state.js';

/** The products of suppliers. */
@Injectable()
export class CatalogueService {
  constructor(private readonly dataSource: DataSource) {}

  async products(supplierId: string): Promise<ProductState[]> {
    const entities = await this.dataSource.manager.find(ProductEntity, { where: { supplierId }, order: { id: 'ASC' } });
    return entities.map(({ definition }) => definition);
  }

  /**
   * One product of a supplier.
   *
   * @param manager the manager of the caller's transaction, if there is one
   * @throws OctoError INVALID_PRODUCT_ID when the supplier has none with that id
   */
  async product(supplierId: string, productId: string, manager?: EntityManager): Promise<ProductState> {
    const entity = couldBeProductId(productId)
      ? await (manager ?? this.dataSource.manager).findOneBy(ProductEntity, { id: productId, supplierId })
      : null;
    if (entity !== null) return entity.definition;
    throw unknownProduct(productId);
  }
}

/** Whether a text has the form of a product id. Not every database accepts any text. */
export function couldBeProductId(text: string): boolean {
  return /^[\w-]{1,36}$/.test(text);
}

/** The error for an unknown id. It is the same for a product of another supplier. */
export function unknownProduct(productId: string): OctoError {
  return new OctoError('INVALID_PRODUCT_ID', `There is no product "${productId}"; GET /products lists them.`, {
    productId,
  });
}
