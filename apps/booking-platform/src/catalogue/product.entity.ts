import { WebhookResource } from 'nestjs-octo-webhooks';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ProductState } from './product.state.js';

/** A tour or attraction. Saving one emits an event to all of the supplier's connections, in the same transaction. */
@WebhookResource<ProductEntity>({
  event: 'product_update',
  supplierId: ({ entity }) => entity.supplierId,
  resourceId: ({ entity }) => entity.id,
  state: ({ entity }) => entity.definition,
  removed: 'ignore',
})
@Entity('product')
export class ProductEntity {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ name: 'supplier_id', type: 'varchar', length: 36 })
  supplierId!: string;

  @Column({ type: 'simple-json' })
  definition!: ProductState;
}
