import { Injectable } from '@nestjs/common';
import { textOf } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { DUE_INDEX, WebhookDelivery } from '../deliveries/webhook-delivery.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import { PAGE_ROWS, removeRows, type TableWalk, type WalkedPage } from './table-walk.js';

/**
 * If fan-out began before a webhook was deleted, it may add a delivery afterwards. That delivery is found through this
 * row and cancelled.
 */
const KEPT_MS = 3_600_000;

/** Removes the rows of deleted webhooks that have no more pending deliveries. */
@Injectable()
export class DeletedWebhooks implements TableWalk {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
  ) {}

  async page(): Promise<WalkedPage> {
    const ids = await this.database.select(
      this.database.manager,
      `SELECT webhook.id FROM ${this.database.table(WebhookRow)} webhook
        WHERE webhook.deleted_at <= ?
          AND (SELECT pending.id FROM ${this.database.table(WebhookDelivery)} pending
                     ${this.database.byIndex(DUE_INDEX)}
                WHERE pending.webhook_id = webhook.id AND pending.status = 'pending' LIMIT 1) IS NULL
        LIMIT ${PAGE_ROWS}`,
      [this.clock.now() - KEPT_MS],
      (row) => textOf(row, 'id'),
    );
    await removeRows(this.database, this.database.manager, WebhookRow, 'id = ?', ids);
    return { removed: ids.length, last: ids.length < PAGE_ROWS };
  }
}
