import { Injectable } from '@nestjs/common';
import { WebhookResource, EmitWebhook, EmitWebhookOn, WebhookEmitter, type OrderChange } from 'nestjs-octo-webhooks';
import { Column, Entity, PrimaryColumn, type EntityManager } from 'typeorm';
import { Booking, type OrderChanged } from './your-platform.js';

// #region many
@Injectable()
export class SeasonService {
  constructor(private readonly webhooks: WebhookEmitter) {}

  async open(manager: EntityManager, slots: { id: string; places: number }[]): Promise<void> {
    const changes = slots.map((slot) => ({
      event: 'availability_update' as const,
      supplierId: 'supplier-1',
      productId: 'walk',
      optionId: 'default',
      availabilityId: slot.id,
      after: slot,
    }));
    await this.webhooks.emitAll(changes, { manager }); // 1,000 changes: 2 statements
  }
}
// #endregion many

// #region decorator
@Injectable()
export class Cancellations {
  @EmitWebhook({
    event: 'booking_update',
    supplierId: ({ result }) => result.supplierId,
    connectionIds: ({ result }) => [result.connectionId],
    resourceId: ({ args: [, uuid] }) => uuid,
    after: ({ result }) => result.toState(), // before: left out, so it is the state after the last event
    manager: ({ args: [manager] }) => manager,
  })
  async cancel(manager: EntityManager, uuid: string): Promise<Booking> {
    const booking = await manager.findOneByOrFail(Booking, { uuid });
    booking.status = 'CANCELLED';
    return manager.save(booking);
  }
}
// #endregion decorator

// #region bridge
@Injectable()
export class OrderWebhooks {
  @EmitWebhookOn('order.*') // hears: await events.emitAsync('order.paid', change, { manager })
  changed({ order, before, after }: OrderChanged): OrderChange {
    return {
      event: 'order_update',
      supplierId: order.supplierId,
      connectionIds: [order.connectionId],
      resourceId: order.id,
      before,
      after,
    };
  }
}
// #endregion bridge

// #region entity
@WebhookResource<Product>({
  event: 'product_update',
  supplierId: ({ entity }) => entity.supplierId,
  resourceId: ({ entity }) => entity.id,
  state: ({ entity }) => ({ id: entity.id, title: entity.title }),
  removed: 'ignore', // or a function: what partners see of a product that is gone
})
@Entity('product')
export class Product {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'varchar', length: 36 })
  supplierId!: string;

  @Column({ type: 'varchar', length: 200 })
  title!: string;
}
// #endregion entity
