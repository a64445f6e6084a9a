import { Injectable, Logger } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { numberOf, placeholders, type SqlValue } from '../database/sql.js';
import { UnreadableJsonError } from '../database/unreadable-json.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { wholeState } from '../emission/event-row.js';
import { RESOURCE_INDEX, WebhookEvent, type WebhookEventStatus } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import type { JsonObject } from '../octo/json.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** A status in which events are claimed. */
type ClaimableStatus = Extract<WebhookEventStatus, 'pending' | 'triggered'>;

/** Every statement that moves a claimed event of the outbox. */
@Injectable()
export class EventQueue {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Marks claimed events as fanned out, in the transaction that inserts their deliveries.
   *
   * @returns whether this process still held all of them; if not, the transaction must be rolled back
   */
  async complete(manager: EntityManager, events: readonly WebhookEvent[], leaseToken: string): Promise<boolean> {
    const completed = await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')}
          SET status = 'fanned_out', lease_token = '${NO_LEASE}', failure_reason = NULL
        WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'pending'`,
      [...events.map(({ sequence }) => sequence), leaseToken],
    );
    return completed === events.length;
  }

  /** Replaces the state with which the event was emitted by the state that partners receive. */
  async restate(manager: EntityManager, { sequence, after }: WebhookEvent): Promise<void> {
    // `before_state` is relative to the state that is replaced, and is no longer needed.
    await this.database.change(
      manager,
      `UPDATE ${this.table} SET before_state = NULL, after_state = ? WHERE sequence = ?`,
      [JSON.stringify(after), sequence],
    );
  }

  /**
   * The sequences of those events whose lease this process still holds. It waits for transactions that are changing
   * them.
   */
  async held(events: readonly WebhookEvent[], leaseToken: string): Promise<ReadonlySet<number>> {
    const rows = await this.database.retried(() =>
      this.database.select(
        this.database.manager,
        `SELECT sequence FROM ${this.table} ${this.database.byIndex('PRIMARY')}
          WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'pending' FOR UPDATE`,
        [...events.map(({ sequence }) => sequence), leaseToken],
        (row) => numberOf(row, 'sequence'),
      ),
    );
    return new Set(rows);
  }

  /**
   * Gives claimed events back, so that they can be claimed again at once.
   *
   * @param status the status in which they were claimed
   */
  async giveBack(sequences: readonly number[], leaseToken: string, status: ClaimableStatus = 'pending'): Promise<void> {
    if (sequences.length === 0) return;
    await this.release(`sequence IN (${placeholders(sequences)})`, sequences, leaseToken, 'PRIMARY', status);
  }

  /** Gives all claimed events of a resource back. */
  async giveBackAll({ resourceKey, supplierId }: WebhookEvent, leaseToken: string): Promise<void> {
    const values = [resourceKey, supplierId];
    await this.release('resource_key = ? AND supplier_id = ?', values, leaseToken, RESOURCE_INDEX, 'pending');
  }

  /** Marks the pending events of a resource as superseded, from one that is claimed to the one before the newest. */
  async supersede(oldest: WebhookEvent, newest: WebhookEvent): Promise<void> {
    await this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex(RESOURCE_INDEX)}
            SET status = 'superseded', lease_token = '${NO_LEASE}'
          WHERE resource_key = ? AND status = 'pending' AND supplier_id = ? AND sequence >= ? AND sequence < ?`,
        [oldest.resourceKey, oldest.supplierId, oldest.sequence, newest.sequence],
      ),
    );
  }

  /**
   * Postpones a claimed event whose fan-out failed, or sets it to `failed`.
   *
   * @param retryAt when it is due again, in ms since 1970; null for `failed`
   */
  async fail(
    event: Pick<WebhookEvent, 'sequence' | 'failures'>,
    leaseToken: string,
    reason: string,
    retryAt: number | null,
  ): Promise<void> {
    await this.database.change(
      this.database.manager,
      `UPDATE ${this.table} SET status = ?, due_at = ?, failures = ?, failure_reason = ?, lease_token = '${NO_LEASE}'
        WHERE sequence = ? AND lease_token = ? AND status = 'pending'`,
      [
        retryAt === null ? 'failed' : 'pending',
        retryAt ?? this.clock.now(),
        event.failures + 1,
        reason,
        event.sequence,
        leaseToken,
      ],
    );
  }

  private async release(
    condition: string,
    values: readonly SqlValue[],
    leaseToken: string,
    index: string,
    status: ClaimableStatus,
  ): Promise<void> {
    await this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex(index)} SET due_at = ?, lease_token = '${NO_LEASE}'
          WHERE ${condition} AND status = '${status}' AND lease_token = ?`,
        [this.clock.now(), ...values, leaseToken],
      ),
    );
  }

  private get table(): string {
    return this.database.table(WebhookEvent);
  }
}

/** Finds the states before a change. */
@Injectable()
export class EarlierStates {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(private readonly database: WebhooksDatabase) {}

  /**
   * The state before a change, or null when there is none.
   *
   * @param previous the event before it, when that is known and has yet to be stored as fanned out
   */
  async before(event: WebhookEvent, previous: WebhookEvent | undefined): Promise<JsonObject | null> {
    // An availability is delivered without a diff: only its latest state matters. A saved entity is sent only if it differs.
    if (event.type === 'availability_update' && event.entity === null) return null;
    if (event.beforeSource === 'stored') {
      const told = previous ?? (await this.toldBefore(event));
      if (told !== null) return told.after;
    }
    return event.before === null ? null : wholeState(event.before, event.after);
  }

  /**
   * The resource's event before this one that partners were told of. Triggered events do not count, because their state was read
   * outside of the host's transactions.
   *
   * @returns null when there is none, or when its row cannot be read
   */
  async toldBefore({ resourceKey, supplierId, sequence }: WebhookEvent): Promise<WebhookEvent | null> {
    try {
      return await this.database.reading((manager) =>
        manager
          .createQueryBuilder(WebhookEvent, 'event')
          .where("event.resourceKey = :resourceKey AND event.status = 'fanned_out'", { resourceKey })
          .andWhere('event.sequence < :sequence AND event.supplierId = :supplierId', { sequence, supplierId })
          .andWhere('event.triggerRequestId IS NULL')
          .orderBy('event.sequence', 'DESC')
          .limit(1)
          .getOne(),
      );
    } catch (error) {
      if (!(error instanceof UnreadableJsonError)) throw error;
      this.logger.error(
        `The event before ${sequence} of its ${resourceKey} cannot be read and is not used: ${error.message}`,
      );
      return null;
    }
  }
}
