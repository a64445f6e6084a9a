import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { numberOf, placeholders, textOf, type InsertRow } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { leaseFence, type ClaimedDelivery } from './claim.js';
import { DeliveryLanes } from './lanes.js';
import { WebhookAttempt, type AttemptFailure } from './webhook-attempt.entity.js';
import { WebhookDelivery, type WebhookDeliveryStatus } from './webhook-delivery.entity.js';

/** The result of a claimed delivery. */
export interface Settlement {
  readonly delivery: ClaimedDelivery;
  /** `pending` means that it is tried again at `dueAt`. */
  readonly next:
    { readonly status: 'pending'; readonly dueAt: number } | { readonly status: 'delivered' | 'dead' | 'cancelled' };
  /** null when no attempt was made. */
  readonly attempt: AttemptRecord | null;
}

/** An attempt as it is inserted. */
export interface AttemptRecord {
  /** 1 for the first attempt. */
  readonly number: number;
  /** In ms since 1970. */
  readonly startedAt: number;
  readonly durationMs: number;
  /** null when no response came, as is the body. */
  readonly responseStatus: number | null;
  readonly responseBody: string | null;
  /** null when the attempt succeeded, as is the message. */
  readonly failure: AttemptFailure | null;
  readonly failureMessage: string | null;
}

type Postponed = Settlement & { readonly next: { readonly status: 'pending' } };

/** Writes the results of claimed deliveries: status, due time, lease and attempt. Makes the next delivery of a lane due. */
@Injectable()
export class DeliverySettlements {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    private readonly lanes: DeliveryLanes,
  ) {}

  /**
   * Settles deliveries in one transaction. A delivery whose lease was lost keeps its state, but its attempt is
   * inserted.
   *
   * @param again whether an earlier try failed. The database may have committed it nevertheless
   * @returns the webhooks that have a delivery due now, because the one before it has ended
   */
  async settle(settlements: readonly Settlement[], again = false): Promise<ReadonlySet<string>> {
    return this.database.transaction(async (manager) => {
      for (const status of ['delivered', 'dead', 'cancelled'] as const) {
        await this.end(manager, deliveriesOf(settlements.filter(({ next }) => next.status === status)), status);
      }
      const postponed = settlements.filter((settlement) => isPostponed(settlement));
      await this.postpone(manager, postponed);
      await this.insertAttempts(manager, again ? await this.withoutAttemptRow(manager, settlements) : settlements);
      // An availability that must be sent again is replaced by a newer one that was inserted meanwhile.
      await this.lanes.keepNewest(manager, deliveriesOf(postponed));
      return this.lanes.releaseNext(manager, deliveriesOf(settlements.filter((one) => !isPostponed(one))));
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
    const fence = leaseFence(deliveriesOf(postponed));
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

  private async insertAttempts(manager: EntityManager, settlements: readonly Settlement[]): Promise<void> {
    const rows = settlements.flatMap(({ delivery, attempt }) =>
      attempt === null ? [] : [attemptRow(delivery.id, attempt)],
    );
    await this.database.insert(manager, WebhookAttempt, rows);
  }

  /** Those whose attempt has no row yet. The response to an earlier COMMIT may have been lost. */
  private async withoutAttemptRow(
    manager: EntityManager,
    settlements: readonly Settlement[],
  ): Promise<readonly Settlement[]> {
    const ids = settlements.map(({ delivery }) => delivery.id);
    const rows = await this.database.select(
      manager,
      `SELECT delivery_id, started_at FROM ${this.database.table(WebhookAttempt)}
        WHERE delivery_id IN (${placeholders(ids)})`,
      ids,
      (row) => `${textOf(row, 'delivery_id')} ${numberOf(row, 'started_at')}`,
    );
    const inserted = new Set(rows);
    return settlements.filter(
      ({ delivery, attempt }) => attempt !== null && !inserted.has(`${delivery.id} ${attempt.startedAt}`),
    );
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}

export function attemptRow(deliveryId: string, attempt: AttemptRecord): InsertRow {
  return {
    delivery_id: deliveryId,
    number: attempt.number,
    started_at: attempt.startedAt,
    duration_ms: attempt.durationMs,
    response_status: attempt.responseStatus,
    response_body: attempt.responseBody,
    failure: attempt.failure,
    failure_message: attempt.failureMessage,
  };
}

function deliveriesOf(settlements: readonly Settlement[]): ClaimedDelivery[] {
  return settlements.map(({ delivery }) => delivery);
}

function isPostponed(settlement: Settlement): settlement is Postponed {
  return settlement.next.status === 'pending';
}
