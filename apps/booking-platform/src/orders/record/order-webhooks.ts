import { Injectable } from '@nestjs/common';
import { EmitWebhookOn, type OrderChange } from 'nestjs-octo-webhooks';
import type { OrderChanged } from './order.events.js';

/** Turns the platform's own events about orders into webhook events. */
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
