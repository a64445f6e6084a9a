import { Injectable } from '@nestjs/common';
import { numberOrNull, textOf } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhookAttempt } from '../deliveries/webhook-attempt.entity.js';
import { WebhookDelivery } from '../deliveries/webhook-delivery.entity.js';
import type { RetentionLimits } from './table-walk.js';
import { PAGE_ROWS, removeRows, type TableWalk, type WalkedPage } from './table-walk.js';

const ENDED = "id = ? AND status <> 'pending'";

interface DatedDelivery {
  readonly id: string;
  readonly status: string;
  /** null while it is pending. */
  readonly settledAt: number | null;
}

/**
 * Removes old deliveries with their attempts. Their ids are UUIDv7, so the primary key is in the order of creation. An
 * index on `settled_at` is not needed, and settling does not have to update one.
 */
@Injectable()
export class DeliveryRetention implements TableWalk {
  private after = firstIdAt(0);

  constructor(private readonly database: WebhooksDatabase) {}

  async page(limits: RetentionLimits): Promise<WalkedPage> {
    const rows = await this.createdBefore(limits.any);
    const old = rows.filter((row) => isOld(row, limits)).map(({ id }) => id);
    const removed = old.length === 0 ? 0 : await this.remove(old);
    const end = rows.length < PAGE_ROWS ? undefined : rows.at(-1);
    this.after = end === undefined ? firstIdAt(0) : end.id;
    return { removed, last: end === undefined };
  }

  private async createdBefore(time: number): Promise<DatedDelivery[]> {
    return this.database.select(
      this.database.manager,
      `SELECT id, status, settled_at FROM ${this.database.table(WebhookDelivery)}
        WHERE id > ? AND id < ? ORDER BY id LIMIT ${PAGE_ROWS}`,
      [this.after, firstIdAt(time)],
      (row) => ({ id: textOf(row, 'id'), status: textOf(row, 'status'), settledAt: numberOrNull(row, 'settled_at') }),
    );
  }

  private async remove(ids: readonly string[]): Promise<number> {
    return this.database.transaction(async (manager) => {
      const removed = await removeRows(this.database, manager, WebhookDelivery, ENDED, ids);
      await removeRows(this.database, manager, WebhookAttempt, 'delivery_id = ?', removed);
      return removed.length;
    });
  }
}

function isOld({ status, settledAt }: DatedDelivery, limits: RetentionLimits): boolean {
  return settledAt !== null && settledAt <= (status === 'dead' ? limits.dead : limits.delivered);
}

/** The smallest UUIDv7 of a millisecond. */
function firstIdAt(time: number): string {
  const hex = time.toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}
