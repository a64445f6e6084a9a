import { Injectable } from '@nestjs/common';
import { EmitWebhookOn, type OrderChange } from 'nestjs-octo-webhooks';
import type { OrderChanged } from './order.events.js';

/** Tells webhooks of what the platform tells itself about orders. */
@Injectable()
export class OrderWebhooks {
  @EmitWebhookOn('order.*')
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
