import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import {
  placeholders,
  tuplePlaceholders,
  type SqlRow,
  type SqlValue,
  WebhooksDatabase,
} from '../database/webhooks-database.js';
import { WebhookDelivery, type WebhookDeliveryStatus } from '../fan-out/webhook-delivery.entity.js';
import { WebhookPayload } from '../fan-out/webhook-payload.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { WebhookSealer } from '../subscriptions/webhook-sealer.js';
import { WebhookRow } from '../subscriptions/webhook.entity.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { WebhookAttempt } from './webhook-attempt.entity.js';

/** A delivery that this process alone may send until its lease ends. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly leaseToken: string;
  readonly webhookId: string;
  readonly resourceKey: string;
  /** Attempts made so far. */
  readonly attempts: number;
  /** null when the webhook has been deleted or deactivated; an error when it cannot be decrypted. */
  readonly webhook: Webhook | UnreadableWebhookError | null;
  /** The event that it tells of. */
  readonly eventId: string;
  /** The part of the body that all deliveries of the payload share. */
  readonly sharedBody: string;
}

/** What becomes of a claimed delivery. */
export interface Settlement {
  readonly delivery: ClaimedDelivery;
  /** `pending` with a time: to be tried again then. */
  readonly next:
    { readonly status: 'pending'; readonly dueAt: number } | { readonly status: 'delivered' | 'dead' | 'cancelled' };
  /** The log entry of the attempt, or null when none was made. */
  readonly attempt: Omit<Record<string, SqlValue>, 'delivery_id'> | null;
}

/** The deliveries as a queue: the only file that changes a delivery's status, due time and lease after it was made. */
@Injectable()
export class DeliveryQueue {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    private readonly sealer: WebhookSealer,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** Claims due deliveries, those that have waited longest first. A lease that ran out makes a delivery due again. */
  async claim(limit: number): Promise<ClaimedDelivery[]> {
    const leaseToken = uuidv7();
    const ids = await this.database.transaction(async (manager) => {
      const due = await this.selectDue(manager, limit);
      if (due.length > 0) await this.lease(manager, due, leaseToken);
      return due;
    });
    return ids.length === 0 ? [] : this.load(ids, leaseToken);
  }

  /** Records what became of claimed deliveries. A delivery whose lease was lost keeps its state; its attempt is logged. */
  async settle(settlements: readonly Settlement[]): Promise<void> {
    await this.database.transaction(async (manager) => {
      for (const status of ['delivered', 'dead', 'cancelled'] as const) {
        const ended = settlements.filter(({ next }) => next.status === status).map(({ delivery }) => delivery);
        if (ended.length > 0) await this.end(manager, ended, status);
      }
      for (const { delivery, next } of settlements) {
        if (next.status === 'pending') await this.postpone(manager, delivery, next.dueAt);
      }
      await this.logAttempts(manager, settlements);
      const freed = settlements.filter(({ next }) => next.status !== 'pending').map(({ delivery }) => delivery);
      if (freed.length > 0) await this.releaseFollowers(manager, freed);
    });
  }

  private async selectDue(manager: EntityManager, limit: number): Promise<string[]> {
    const rows = await this.database.select<SqlRow>(
      manager,
      `SELECT id FROM ${this.table} WHERE status = 'pending' AND due_at <= ?
        ORDER BY due_at LIMIT ${limit} FOR UPDATE SKIP LOCKED`,
      [this.clock.now()],
    );
    return rows.map((row) => String(row['id']));
  }

  private async lease(manager: EntityManager, ids: readonly string[], leaseToken: string): Promise<void> {
    await this.database.change(
      manager,
      `UPDATE ${this.table} SET lease_token = ?, due_at = ? WHERE id IN (${placeholders(ids)})`,
      [leaseToken, this.clock.now() + this.options.dispatch.leaseMs, ...ids],
    );
  }

  private async load(ids: readonly string[], leaseToken: string): Promise<ClaimedDelivery[]> {
    const rows = await this.database.select<SqlRow>(
      this.database.manager,
      `SELECT delivery.id, delivery.webhook_id, delivery.resource_key, delivery.attempts, payload.event_id, payload.body
         FROM ${this.table} delivery
         JOIN ${this.database.table(WebhookPayload)} payload ON payload.id = delivery.payload_id
        WHERE delivery.id IN (${placeholders(ids)})`,
      ids,
    );
    const webhooks = await this.webhooks(rows.map((row) => String(row['webhook_id'])));
    return rows.map((row) => ({
      id: String(row['id']),
      leaseToken,
      webhookId: String(row['webhook_id']),
      resourceKey: String(row['resource_key']),
      attempts: Number(row['attempts']),
      webhook: webhooks.get(String(row['webhook_id'])) ?? null,
      eventId: String(row['event_id']),
      sharedBody: String(row['body']),
    }));
  }

  /** Opened once for all their deliveries. One that cannot be decrypted holds up no other. */
  private async webhooks(ids: readonly string[]): Promise<ReadonlyMap<string, Webhook | UnreadableWebhookError>> {
    const rows = await this.database.manager
      .createQueryBuilder(WebhookRow, 'webhook')
      .where('webhook.id IN (:...ids) AND webhook.active = :active', { ids: [...new Set(ids)], active: true })
      .getMany();
    return new Map(rows.map((row) => [row.id, this.open(row)]));
  }

  private open(row: WebhookRow): Webhook | UnreadableWebhookError {
    try {
      return this.sealer.open(row);
    } catch (error) {
      if (error instanceof UnreadableWebhookError) return error;
      throw error;
    }
  }

  private async end(
    manager: EntityManager,
    deliveries: readonly ClaimedDelivery[],
    status: Exclude<WebhookDeliveryStatus, 'pending'>,
  ): Promise<void> {
    const claims = deliveries.map(({ id, leaseToken }) => [id, leaseToken]);
    const attempted = status === 'cancelled' ? 'attempts' : 'attempts + 1';
    await this.database.change(
      manager,
      `UPDATE ${this.table} SET status = ?, attempts = ${attempted}, settled_at = ?, due_at = NULL, lease_token = NULL
        WHERE (id, lease_token) IN (${tuplePlaceholders(claims)}) AND status = 'pending'`,
      [status, this.clock.now(), ...claims.flat()],
    );
  }

  private async postpone(manager: EntityManager, delivery: ClaimedDelivery, dueAt: number): Promise<void> {
    await this.database.change(
      manager,
      `UPDATE ${this.table} SET due_at = ?, attempts = attempts + 1, lease_token = NULL
        WHERE id = ? AND lease_token = ? AND status = 'pending'`,
      [dueAt, delivery.id, delivery.leaseToken],
    );
  }

  private async logAttempts(manager: EntityManager, settlements: readonly Settlement[]): Promise<void> {
    const rows = settlements.flatMap(({ delivery, attempt }) =>
      attempt === null ? [] : [{ delivery_id: delivery.id, ...attempt }],
    );
    await this.database.insert(manager, WebhookAttempt, rows);
  }

  /** Makes the next delivery due in each lane whose open delivery has come to an end. */
  private async releaseFollowers(manager: EntityManager, ended: readonly ClaimedDelivery[]): Promise<void> {
    const lanes = ended.map(({ webhookId, resourceKey }) => [webhookId, resourceKey]);
    const next = await this.database.select<SqlRow>(
      manager,
      `SELECT webhook_id, resource_key, MIN(event_sequence) AS event_sequence FROM ${this.table}
        WHERE (webhook_id, resource_key) IN (${tuplePlaceholders(lanes)}) AND status = 'pending'
        GROUP BY webhook_id, resource_key`,
      lanes.flat(),
    );
    if (next.length === 0) return;
    const keys = next.map((row) => [
      String(row['webhook_id']),
      String(row['resource_key']),
      String(row['event_sequence']),
    ]);
    await this.database.change(
      manager,
      `UPDATE ${this.table} SET due_at = ?
        WHERE (webhook_id, resource_key, event_sequence) IN (${tuplePlaceholders(keys)})
          AND status = 'pending' AND due_at IS NULL`,
      [this.clock.now(), ...keys.flat()],
    );
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}
