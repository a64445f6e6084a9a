import { Inject, Injectable } from '@nestjs/common';
import { orGiveBack, WebhooksDatabase } from '../database/webhooks-database.js';
import { newId, NO_LEASE } from '../database/ids.js';
import { bytesOrNull, groupedBy, numberOf, placeholders, textOf, textOrNull, type SqlValue } from '../database/sql.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { ActiveWebhooks } from '../subscriptions/active-webhooks.js';
import type { Webhook } from '../subscriptions/webhook.js';
import type { UnreadableWebhookError } from '../webhooks.errors.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { DUE_INDEX, WebhookDelivery } from './webhook-delivery.entity.js';
import { WebhookPayload } from './webhook-payload.entity.js';

/** The right of one process to send some deliveries, for a while. */
export interface Lease {
  readonly token: string;
  /** In ms since 1970. */
  readonly endsAt: number;
}

/** A delivery that this process alone may send until its lease ends. */
export interface LeasedDelivery {
  readonly id: string;
  readonly leaseToken: string;
  /** In ms since 1970. */
  readonly leaseEndsAt: number;
  readonly webhookId: string;
  readonly payloadId: string;
  readonly resourceKey: string;
  /** Attempts made so far. */
  readonly attempts: number;
  /** null when the row of its payload is missing. */
  readonly eventId: string | null;
  /** The part of the body that all deliveries of the payload share, as UTF-8; null when it is yet to be built. */
  readonly sharedBody: Buffer | null;
}

/** A leased delivery and its webhook. */
export interface ClaimedDelivery extends LeasedDelivery {
  /** null when the webhook has been deleted or deactivated; an error when it cannot be decrypted. */
  readonly webhook: Webhook | UnreadableWebhookError | null;
}

/** A claimed delivery whose webhook is active and readable. */
export type SendableDelivery = ClaimedDelivery & { readonly webhook: Webhook };

/** A condition of a WHERE, and its values. */
export interface LeaseFence {
  readonly condition: string;
  readonly values: readonly SqlValue[];
}

/** Matches the deliveries whose lease this process still holds. It is written claim by claim, because each claim has one token. */
export function leaseFence(deliveries: readonly LeasedDelivery[]): LeaseFence {
  const claims = [...groupedBy(deliveries, ({ leaseToken }) => leaseToken)];
  const held = claims.map(([, claimed]) => `(lease_token = ? AND id IN (${placeholders(claimed)}))`).join(' OR ');
  const values = claims.flatMap(([token, claimed]) => [token, ...claimed.map(({ id }) => id)]);
  return { condition: `status = 'pending' AND (${held})`, values };
}

/** The result of a round of claiming. */
export interface ClaimRound {
  readonly deliveries: readonly ClaimedDelivery[];
  /** The webhooks that had as many due deliveries as their shares, and may have more. */
  readonly more: readonly string[];
}

const NOTHING: ClaimRound = { deliveries: [], more: [] };

/**
 * Claims deliveries for this process and gives them back. It claims webhook by webhook, through the index that begins
 * with the webhook's id. Therefore, the cost of a round does not depend on the deliveries of other webhooks, and no
 * webhook gets more than its share.
 */
@Injectable()
export class DeliveryClaims {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    private readonly webhooks: ActiveWebhooks,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Claims due deliveries, the longest waiting ones of each webhook. A delivery whose lease has run out is due again.
   *
   * No transaction is needed: if several processes find the same delivery, the first UPDATE gets it.
   *
   * @param shares how many to claim for each webhook
   */
  async claim(shares: ReadonlyMap<string, number>): Promise<ClaimRound> {
    if (shares.size === 0) return NOTHING;
    const candidates = await this.candidates(shares);
    if (candidates.length === 0) return NOTHING;
    const ids = candidates.map(({ id }) => id);
    const lease: Lease = { token: newId(), endsAt: this.clock.now() + this.options.dispatch.leaseMs };
    const deliveries = await orGiveBack(
      async () => ((await this.lease(ids, lease)) === 0 ? [] : this.database.retried(() => this.load(ids, lease))),
      () => this.release(`id IN (${placeholders(ids)}) AND lease_token = ?`, [...ids, lease.token]),
    );
    return { deliveries, more: exhausted(shares, candidates) };
  }

  /** Loads the webhooks of leased deliveries. */
  async withWebhooks(leased: readonly LeasedDelivery[]): Promise<ClaimedDelivery[]> {
    if (leased.length === 0) return [];
    const webhooks = await this.webhooks.load([...new Set(leased.map(({ webhookId }) => webhookId))]);
    return leased.map((delivery) => ({ ...delivery, webhook: webhooks.get(delivery.webhookId) ?? null }));
  }

  /**
   * Makes leased deliveries due again for every process, without an attempt. Deliveries whose lease was lost are not
   * changed.
   */
  async giveBack(deliveries: readonly LeasedDelivery[]): Promise<void> {
    if (deliveries.length === 0) return;
    const fence = leaseFence(deliveries);
    await this.release(fence.condition, fence.values);
  }

  private async release(condition: string, values: readonly SqlValue[]): Promise<void> {
    await this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET lease_token = '${NO_LEASE}', due_at = ?
          WHERE ${condition}`,
        [this.clock.now(), ...values],
      ),
    );
  }

  private async candidates(shares: ReadonlyMap<string, number>): Promise<{ id: string; webhookId: string }[]> {
    const now = this.clock.now();
    const parts: string[] = [];
    const values: SqlValue[] = [];
    for (const [webhookId, share] of shares) {
      parts.push(
        `(SELECT id, webhook_id FROM ${this.table} ${this.database.byIndex(DUE_INDEX)}
           WHERE webhook_id = ? AND status = 'pending' AND due_at <= ? ORDER BY due_at LIMIT ${share})`,
      );
      values.push(webhookId, now);
    }
    return this.database.select(this.database.manager, parts.join(' UNION ALL '), values, (row) => ({
      id: textOf(row, 'id'),
      webhookId: textOf(row, 'webhook_id'),
    }));
  }

  private async lease(ids: readonly string[], lease: Lease): Promise<number> {
    return this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET lease_token = ?, due_at = ?
          WHERE id IN (${placeholders(ids)}) AND status = 'pending' AND due_at <= ?`,
        [lease.token, lease.endsAt, ...ids, this.clock.now()],
      ),
    );
  }

  private async load(ids: readonly string[], lease: Lease): Promise<ClaimedDelivery[]> {
    const leased = await this.database.select(
      this.database.manager,
      `SELECT delivery.id, delivery.webhook_id, delivery.payload_id, delivery.resource_key, delivery.attempts,
              payload.event_id, ${this.database.asBytes('payload.body')} AS body
         FROM ${this.table} delivery
         LEFT JOIN ${this.database.table(WebhookPayload)} payload ON payload.id = delivery.payload_id
        WHERE delivery.id IN (${placeholders(ids)}) AND delivery.lease_token = ?`,
      [...ids, lease.token],
      (row) => ({
        id: textOf(row, 'id'),
        leaseToken: lease.token,
        leaseEndsAt: lease.endsAt,
        webhookId: textOf(row, 'webhook_id'),
        payloadId: textOf(row, 'payload_id'),
        resourceKey: textOf(row, 'resource_key'),
        attempts: numberOf(row, 'attempts'),
        eventId: textOrNull(row, 'event_id'),
        sharedBody: bytesOrNull(row, 'body'),
      }),
    );
    return this.withWebhooks(leased);
  }

  private get table(): string {
    return this.database.table(WebhookDelivery);
  }
}

/** The webhooks that have at least as many candidates as their shares. */
function exhausted(
  shares: ReadonlyMap<string, number>,
  candidates: readonly { readonly webhookId: string }[],
): string[] {
  const left = new Map(shares);
  for (const { webhookId } of candidates) left.set(webhookId, (left.get(webhookId) ?? 0) - 1);
  return [...left].flatMap(([webhookId, count]) => (count <= 0 ? [webhookId] : []));
}
