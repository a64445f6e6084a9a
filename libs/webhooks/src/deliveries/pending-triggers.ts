import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { numberOf } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { PendingTriggers } from '../emission/by-partner/webhook-trigger.service.js';
import { DUE_EVENT_INDEX, WebhookEvent } from '../emission/webhook-event.entity.js';
import { DUE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';

/** Counts what a webhook's partner has triggered: events that are not fanned out, and deliveries that have not ended. */
@Injectable()
export class PendingTriggerCount extends PendingTriggers {
  constructor(private readonly database: WebhooksDatabase) {
    super();
  }

  async count(manager: EntityManager, webhookId: string): Promise<number> {
    // For a moment an event and its delivery are both pending. They have the same id, and UNION returns it once.
    const [count] = await this.database.select(
      manager,
      `SELECT COUNT(*) AS pending FROM (
         SELECT event.id FROM ${this.database.table(WebhookEvent)} event ${this.database.byIndex(DUE_EVENT_INDEX)}
          WHERE event.status = 'triggered' AND event.trigger_webhook_id = ?
          UNION
         SELECT delivery.id FROM ${this.database.table(WebhookDelivery)} delivery ${this.database.byIndex(DUE_INDEX)}
          WHERE delivery.webhook_id = ? AND delivery.status = 'pending' AND delivery.trigger_request_id IS NOT NULL
       ) triggered`,
      [webhookId, webhookId],
      (row) => numberOf(row, 'pending'),
    );
    return count ?? 0;
  }
}
