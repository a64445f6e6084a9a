import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { numberOf, textOf } from '../database/rows.js';
import { placeholders, type SqlValue } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { LaneCoalescing } from './lanes.js';
import { WebhookDelivery, type WebhookDeliveryStatus } from './webhook-delivery.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { WebhookAttempt } from './webhook-attempt.entity.js';
import { LaneFollowers } from './lanes.js';
import { leaseFence, type ClaimedDelivery } from './lease.js';

/** What becomes of a claimed delivery. */
export interface Settlement {
  readonly delivery: ClaimedDelivery;
  /** `pending` with a time: to be tried again then. */
  readonly next:
    { readonly status: 'pending'; readonly dueAt: number } | { readonly status: 'delivered' | 'dead' | 'cancelled' };
  /** The log entry of the attempt, or null when none was made. */
  readonly attempt: AttemptEntry | null;
}

/** The columns of an attempt, without its delivery. */
export type AttemptEntry = Readonly<Record<string, SqlValue>>;

type Postponed = Settlement & { readonly next: { readonly status: 'pending' } };

/** Records what became of claimed deliveries: status, due time, lease, the log of attempts, and who goes next in a lane. */
@Injectable()
export class DeliverySettlements {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    private readonly coalescing: LaneCoalescing,
    private readonly followers: LaneFollowers,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Settles in one transaction. A delivery whose lease was lost keeps its state; its attempt is logged.
   *
   * @param again whether it has been tried before, and may have been committed all the same
   * @returns the webhooks to which a delivery that had to wait for a settled one may go now
   */
  async settle(settlements: readonly Settlement[], again = false): Promise<ReadonlySet<string>> {
    return this.database.transaction(async (manager) => {
      for (const status of ['delivered', 'dead', 'cancelled'] as const) {
        await this.end(manager, withStatus(settlements, status), status);
      }
      const postponed = settlements.filter((settlement) => isPostponed(settlement));
      await this.postpone(manager, postponed);
      await this.logAttempts(manager, again ? await this.unlogged(manager, settlements) : settlements);
      await this.replacePostponed(manager, postponed);
      const ended = settlements.filter((settlement) => !isPostponed(settlement)).map(({ delivery }) => delivery);
      return this.followers.release(manager, ended);
    });
  }

  private async end(
    manager: EntityManager,
    deliveries: readonly ClaimedDelivery[],
    status: Exclude<WebhookDeliveryStatus, 'pending'>,
  ): Promise<void> {
    if (deliveries.length === 0) return;
    const fence = leaseFence(deliveries);
    const attempted = status === 'cancelled' ? 'attempts' : 'attempts + 1';
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')}
          SET status = ?, attempts = ${attempted}, settled_at = ?, due_at = NULL, lease_token = '${NO_LEASE}'
        WHERE ${fence.condition}`,
      [status, this.clock.now(), ...fence.values],
    );
  }

  private async postpone(manager: EntityManager, postponed: readonly Postponed[]): Promise<void> {
    if (postponed.length === 0) return;
    const fence = leaseFence(postponed.map(({ delivery }) => delivery));
    const times = postponed.map(({ delivery, next }) => [delivery.id, next.dueAt]);
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')}
          SET due_at = CASE id ${times.map(() => 'WHEN ? THEN ?').join(' ')} ELSE due_at END,
              attempts = attempts + 1, lease_token = '${NO_LEASE}'
        WHERE ${fence.condition}`,
      [...times.flat(), ...fence.values],
    );
  }

  private async logAttempts(manager: EntityManager, settlements: readonly Settlement[]): Promise<void> {
    const rows = settlements.flatMap(({ delivery, attempt }) =>
      attempt === null ? [] : [{ delivery_id: delivery.id, ...attempt }],
    );
    await this.database.insert(manager, WebhookAttempt, rows);
  }

  /** Those whose attempt is not in the log: the answer to an earlier COMMIT may have been lost on its way. */
  private async unlogged(manager: EntityManager, settlements: readonly Settlement[]): Promise<readonly Settlement[]> {
    const ids = settlements.map(({ delivery }) => delivery.id);
    const rows = await this.database.select(
      manager,
      `SELECT delivery_id, started_at FROM ${this.database.table(WebhookAttempt)}
        WHERE delivery_id IN (${placeholders(ids)})`,
      ids,
      (row) => `${textOf(row, 'delivery_id')} ${numberOf(row, 'started_at')}`,
    );
    const logged = new Set(rows);
    return settlements.filter(
      ({ delivery, attempt }) => attempt !== null && !logged.has(`${delivery.id} ${String(attempt['started_at'])}`),
    );
  }

  /** An availability that has to be sent again gives way to a newer state of it that has come in meanwhile. */
  private async replacePostponed(manager: EntityManager, postponed: readonly Postponed[]): Promise<void> {
    if (!this.options.dispatch.coalesceAvailability) return;
    await this.coalescing.keepNewest(
      manager,
      postponed.map(({ delivery }) => delivery),
      this.clock.now(),
    );
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}

function withStatus(settlements: readonly Settlement[], status: Settlement['next']['status']): ClaimedDelivery[] {
  return settlements.filter(({ next }) => next.status === status).map(({ delivery }) => delivery);
}

function isPostponed(settlement: Settlement): settlement is Postponed {
  return settlement.next.status === 'pending';
}
