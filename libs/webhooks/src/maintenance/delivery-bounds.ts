import { Injectable } from '@nestjs/common';
import { NIL } from 'uuid';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { DeliveryDrops, DROPPED_AT_ONCE, type DropReason } from '../deliveries/drop.js';
import { OperationalEvents } from '../dispatch/operational-events.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import type { TableWalk, WalkedPage } from './table-walk.js';

/** Few enough that the search is short, although it may read all pending deliveries of each webhook. */
const WEBHOOKS_AT_ONCE = 50;

/** Bounds what waits for each webhook in number and age, so that no partner fills the tables. */
@Injectable()
export class DeliveryBounds implements TableWalk {
  private after: string = NIL;

  constructor(
    private readonly database: WebhooksDatabase,
    private readonly drops: DeliveryDrops,
    private readonly events: OperationalEvents,
  ) {}

  /** Looks at some webhooks, and drops a batch of the deliveries of each that has too many or too old ones. */
  async page(): Promise<WalkedPage> {
    const webhooks = await this.drops.waiting(this.after, WEBHOOKS_AT_ONCE);
    let removed = 0;
    let isWhole = true;
    for (const { id, reasons } of webhooks) {
      for (const reason of reasons) {
        const dropped = await this.drops.drop(id, reason);
        if (dropped > 0) await this.report(id, reason, dropped);
        removed += dropped;
        if (dropped === DROPPED_AT_ONCE) isWhole = false;
      }
    }
    const last = isWhole && webhooks.length < WEBHOOKS_AT_ONCE;
    // The same webhooks again while some of them have more.
    if (isWhole) this.after = last ? NIL : (webhooks.at(-1)?.id ?? NIL);
    return { removed, last };
  }

  private async report(id: string, reason: DropReason, deliveries: number): Promise<void> {
    const webhook = await this.database.reading((manager) =>
      manager.findOne(WebhookRow, {
        select: { id: true, connectionId: true, supplierId: true, event: true },
        where: { id },
      }),
    );
    if (webhook !== null) this.events.dropped(webhook, reason, deliveries);
  }
}
