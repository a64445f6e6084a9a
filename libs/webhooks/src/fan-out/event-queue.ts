import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId, NO_LEASE } from '../database/ids.js';
import { orGiveBack } from '../database/or-give-back.js';
import { numberOf, placeholders, textOf } from '../database/sql.js';
import { UnreadableJsonError } from '../database/unreadable-json.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';

/** An event that was claimed, and whose row cannot be read. */
export interface UnreadableEvent extends Pick<WebhookEvent, 'sequence' | 'failures'> {
  readonly id: string;
  readonly reason: string;
}

/** Events that this process alone works on until their lease ends. */
export interface ClaimedEvents {
  readonly leaseToken: string;
  readonly events: WebhookEvent[];
  readonly unreadable: UnreadableEvent[];
}

/** Every statement that moves an event of the outbox. */
@Injectable()
export class EventQueue {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Claims due events, oldest first. An event waits while an earlier one of its resource is pending, even if that is
   * claimed. Therefore, the changes of one resource are fanned out in order, whatever the number of processes.
   */
  async claim(limit: number): Promise<ClaimedEvents> {
    const leaseToken = newId();
    const candidates = await this.candidates(limit);
    const claimed = { leaseToken, events: [], unreadable: [] };
    if (candidates.length === 0) return claimed;
    return orGiveBack(
      async () => ((await this.lease(candidates, leaseToken)) === 0 ? claimed : this.load(candidates, leaseToken)),
      () => this.giveBack(candidates, leaseToken),
    );
  }

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

  /** Gives claimed events back, so that they can be claimed again at once. */
  async release(events: readonly WebhookEvent[], leaseToken: string): Promise<void> {
    await this.giveBack(
      events.map(({ sequence }) => sequence),
      leaseToken,
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

  /**
   * The state after the resource's previous event. It is the state before the change when the host gave none. Triggered
   * events do not count, because their state was read outside of the host's transactions, nor do failed ones, because no
   * partner was told theirs.
   *
   * @throws UnreadableJsonError
   */
  async stateBefore(event: WebhookEvent): Promise<WebhookEvent['after'] | null> {
    const { resourceKey: key, sequence, supplierId } = event;
    const previous = await this.database.reading((manager) =>
      manager
        .createQueryBuilder(WebhookEvent, 'event')
        .where('event.resourceKey = :key AND event.sequence < :sequence', { key, sequence })
        .andWhere('event.supplierId = :supplierId', { supplierId })
        .andWhere("event.triggerRequestId IS NULL AND event.status <> 'failed'")
        .orderBy('event.sequence', 'DESC')
        .limit(1)
        .getOne(),
    );
    return previous?.after ?? null;
  }

  private async candidates(limit: number): Promise<number[]> {
    return this.database.select(
      this.database.manager,
      `SELECT sequence FROM ${this.table} candidate
        WHERE status = 'pending' AND due_at <= ? AND NOT EXISTS (
          SELECT 1 FROM ${this.table} earlier
           WHERE earlier.resource_key = candidate.resource_key AND earlier.supplier_id = candidate.supplier_id
             AND earlier.sequence < candidate.sequence AND earlier.status = 'pending')
        ORDER BY due_at LIMIT ${limit}`,
      [this.clock.now()],
      (row) => numberOf(row, 'sequence'),
    );
  }

  /** No transaction is needed: if several processes find the same event, the first UPDATE gets it. */
  private async lease(sequences: readonly number[], leaseToken: string): Promise<number> {
    const now = this.clock.now();
    return this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET lease_token = ?, due_at = ?
          WHERE sequence IN (${placeholders(sequences)}) AND status = 'pending' AND due_at <= ?`,
        [leaseToken, now + this.options.dispatch.leaseMs, ...sequences, now],
      ),
    );
  }

  /** Reads the leased events together, and one by one if a row cannot be read: that is the fault of its event alone. */
  private async load(sequences: readonly number[], leaseToken: string): Promise<ClaimedEvents> {
    const unreadable: UnreadableEvent[] = [];
    try {
      return { leaseToken, events: await this.read(sequences, leaseToken), unreadable };
    } catch (error) {
      if (!(error instanceof UnreadableJsonError)) throw error;
    }
    const events: WebhookEvent[] = [];
    for (const sequence of sequences) {
      try {
        events.push(...(await this.read([sequence], leaseToken)));
      } catch (error) {
        if (!(error instanceof UnreadableJsonError)) throw error;
        unreadable.push(...(await this.unreadable(sequence, error.message)));
      }
    }
    return { leaseToken, events, unreadable };
  }

  private unreadable(sequence: number, reason: string): Promise<UnreadableEvent[]> {
    return this.database.select(
      this.database.manager,
      `SELECT id, failures FROM ${this.table} WHERE sequence = ?`,
      [sequence],
      (row) => ({ sequence, id: textOf(row, 'id'), failures: numberOf(row, 'failures'), reason }),
    );
  }

  private read(sequences: readonly number[], leaseToken: string): Promise<WebhookEvent[]> {
    return this.database.retried(() =>
      this.database.reading((manager) =>
        manager
          .createQueryBuilder(WebhookEvent, 'event')
          .where('event.sequence IN (:...sequences) AND event.leaseToken = :leaseToken', { sequences, leaseToken })
          .orderBy('event.sequence')
          .getMany(),
      ),
    );
  }

  private async giveBack(sequences: readonly number[], leaseToken: string): Promise<void> {
    await this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET due_at = ?, lease_token = '${NO_LEASE}'
          WHERE sequence IN (${placeholders(sequences)}) AND lease_token = ? AND status = 'pending'`,
        [this.clock.now(), ...sequences, leaseToken],
      ),
    );
  }

  private get table(): string {
    return this.database.table(WebhookEvent);
  }
}
