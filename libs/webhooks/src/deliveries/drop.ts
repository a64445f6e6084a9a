import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { NO_LEASE } from '../database/ids.js';
import { numberOf, placeholders, textOf, textOrNull } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { DeliveryLanes } from './lanes.js';
import { attemptRow } from './settle.js';
import { WebhookAttempt, type AttemptFailure } from './webhook-attempt.entity.js';
import { DUE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';

/** Few enough that each transaction is short. */
export const DROPPED_AT_ONCE = 500;

/**
 * Why a delivery was dropped: it has been pending for longer than `limits.pendingForMs`, or its webhook had more than
 * `limits.pendingDeliveriesPerWebhook` and it was among the oldest.
 */
export type DropReason = Extract<AttemptFailure, 'expired' | 'overflow'>;

const REASONS: readonly DropReason[] = ['expired', 'overflow'];

const NOTHING_SENT = { durationMs: 0, responseStatus: null, responseBody: null } as const;

/** An active webhook, and why some of its pending deliveries have to be dropped. */
export interface WaitingWebhook {
  readonly id: string;
  readonly reasons: readonly DropReason[];
}

type DroppedDelivery = Pick<WebhookDelivery, 'id' | 'attempts'>;

/**
 * Ends pending deliveries that wait for too long, and the oldest ones of webhooks for which too many wait. A delivery that
 * is being sent is left to its process.
 */
@Injectable()
export class DeliveryDrops {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    private readonly lanes: DeliveryLanes,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** The active webhooks with an id after this one, in the order of their ids. */
  async waiting(afterId: string, most: number): Promise<WaitingWebhook[]> {
    const pending = `SELECT pending.id FROM ${this.table} pending ${this.database.byIndex(DUE_INDEX)}
                      WHERE pending.webhook_id = webhook.id AND pending.status = 'pending'`;
    return this.database.select(
      this.database.manager,
      `SELECT webhook.id,
              (${pending} AND pending.created_at <= ? LIMIT 1) AS expired,
              (${pending} LIMIT 1 OFFSET ${this.most}) AS overflow
         FROM ${this.database.table(WebhookRow)} webhook
        WHERE webhook.id > ? AND webhook.active = ? ORDER BY webhook.id LIMIT ${most}`,
      [this.expiredUntil, afterId, true],
      (row) => ({
        id: textOf(row, 'id'),
        reasons: REASONS.filter((reason) => textOrNull(row, reason) !== null),
      }),
    );
  }

  /** Drops a batch of a webhook's deliveries. @returns how many; fewer than `DROPPED_AT_ONCE` when no more are left */
  async drop(webhookId: string, reason: DropReason): Promise<number> {
    return this.database.transaction(async (manager) => {
      const deliveries = await this.lock(manager, webhookId, reason);
      if (deliveries.length === 0) return 0;
      await this.end(manager, deliveries, reason);
      await this.lanes.releaseNext(
        manager,
        deliveries.map(({ id }) => ({ id, webhookId })),
      );
      return deliveries.length;
    });
  }

  private async lock(manager: EntityManager, webhookId: string, reason: DropReason): Promise<DroppedDelivery[]> {
    const [condition, bound] =
      reason === 'expired'
        ? ['created_at <= ?', this.expiredUntil]
        : ['event_sequence <= ?', await this.newestBeyond(manager, webhookId)];
    if (bound === null) return [];
    return this.database.select(
      manager,
      `SELECT id, attempts FROM ${this.table} ${this.database.byIndex(DUE_INDEX)}
        WHERE webhook_id = ? AND status = 'pending' AND (lease_token = '${NO_LEASE}' OR due_at <= ?) AND ${condition}
        LIMIT ${DROPPED_AT_ONCE} FOR UPDATE SKIP LOCKED`,
      [webhookId, this.clock.now(), bound],
      (row) => ({ id: textOf(row, 'id'), attempts: numberOf(row, 'attempts') }),
    );
  }

  /** The sequence up to which a webhook's pending deliveries are too many, or null when none are. */
  private async newestBeyond(manager: EntityManager, webhookId: string): Promise<number | null> {
    const [sequence = null] = await this.database.select(
      manager,
      `SELECT event_sequence FROM ${this.table} ${this.database.byIndex(DUE_INDEX)}
        WHERE webhook_id = ? AND status = 'pending' ORDER BY event_sequence DESC LIMIT 1 OFFSET ${this.most}`,
      [webhookId],
      (row) => numberOf(row, 'event_sequence'),
    );
    return sequence;
  }

  private async end(manager: EntityManager, deliveries: readonly DroppedDelivery[], reason: DropReason): Promise<void> {
    const now = this.clock.now();
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')}
          SET status = 'dead', attempts = attempts + 1, settled_at = ?, due_at = NULL, lease_token = '${NO_LEASE}'
        WHERE id IN (${placeholders(deliveries)})`,
      [now, ...deliveries.map(({ id }) => id)],
    );
    const rows = deliveries.map(({ id, attempts }) =>
      attemptRow(id, {
        ...NOTHING_SENT,
        number: attempts + 1,
        startedAt: now,
        failure: reason,
        failureMessage: this.why(reason),
      }),
    );
    await this.database.insert(manager, WebhookAttempt, rows);
  }

  /** A reason in words. */
  private why(reason: DropReason): string {
    const { pendingForMs, pendingDeliveriesPerWebhook } = this.options.limits;
    return reason === 'expired'
      ? `Waited for ${pendingForMs} ms, the most that limits.pendingForMs allows.`
      : `More than ${pendingDeliveriesPerWebhook} waited, the most that limits.pendingDeliveriesPerWebhook allows, and this was among the oldest.`;
  }

  /** Deliveries that were inserted at this time or before wait for too long; -1 when none do. */
  private get expiredUntil(): number {
    const { pendingForMs } = this.options.limits;
    return pendingForMs === null ? -1 : this.clock.now() - pendingForMs;
  }

  private get most(): number {
    return this.options.limits.pendingDeliveriesPerWebhook;
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}
