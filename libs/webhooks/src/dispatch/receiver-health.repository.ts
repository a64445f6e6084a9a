import { Inject, Injectable } from '@nestjs/common';
import { numberOrNull, textOf, type SqlValue } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { DUE_INDEX, WebhookDelivery } from '../deliveries/webhook-delivery.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { WebhookRow, type WebhookDeactivationReason } from '../subscriptions/webhook.entity.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';

/** A webhook with due deliveries. */
export interface ReadyWebhook {
  readonly webhookId: string;
  /** Until when its circuit was open; null when it is closed. */
  readonly openUntil: number | null;
}

/**
 * The part of a receiver's health that all processes share: columns of its webhook's row, written only when they
 * change. Edits by the host or the partner do not change them, except that an activation or another URL clears them.
 */
@Injectable()
export class ReceiverHealthRepository {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * The active webhooks that have due deliveries and no open circuit. The query reads one index entry for each webhook.
   */
  async ready(): Promise<ReadyWebhook[]> {
    const now = this.clock.now();
    return this.database.select(
      this.database.manager,
      `SELECT webhook.id, webhook.circuit_open_until FROM ${this.table} webhook
        WHERE webhook.active = ? AND (webhook.circuit_open_until IS NULL OR webhook.circuit_open_until <= ?)
          AND (SELECT delivery.due_at
                 FROM ${this.database.table(WebhookDelivery)} delivery ${this.database.byIndex(DUE_INDEX)}
                WHERE delivery.webhook_id = webhook.id AND delivery.status = 'pending' AND delivery.due_at <= ?
                ORDER BY delivery.webhook_id, delivery.status, delivery.due_at LIMIT 1) IS NOT NULL`,
      [true, now, now],
      (row) => ({ webhookId: textOf(row, 'id'), openUntil: numberOrNull(row, 'circuit_open_until') }),
    );
  }

  /** Stores since when every attempt has failed. */
  async startedFailing(webhookId: string, since: number): Promise<void> {
    await this.change(webhookId, 'failing_since = ?', [since], 'failing_since IS NULL', []);
  }

  /** Stores that an attempt has succeeded. */
  async stoppedFailing(webhookId: string): Promise<void> {
    await this.change(webhookId, 'failing_since = NULL', [], 'failing_since IS NOT NULL', []);
  }

  /**
   * Closes the circuit after a probe has succeeded.
   *
   * @param probeUntil the result of `takeProbe`
   * @returns whether this process closed it
   */
  async close(webhookId: string, probeUntil: number): Promise<boolean> {
    return this.change(
      webhookId,
      'circuit_open_until = NULL, circuit_openings = 0, failing_since = NULL',
      [],
      'circuit_open_until = ?',
      [probeUntil],
    );
  }

  /**
   * Opens the circuit.
   *
   * @param probeUntil the result of `takeProbe` if a probe has failed; otherwise null
   * @returns whether this process opened it
   */
  async open(webhookId: string, until: number, probeUntil: number | null): Promise<boolean> {
    const columns = 'circuit_open_until = ?, circuit_openings = circuit_openings + 1';
    return probeUntil === null
      ? this.change(webhookId, columns, [until], 'circuit_open_until IS NULL', [])
      : this.change(webhookId, columns, [until], 'circuit_open_until = ?', [probeUntil]);
  }

  /**
   * Takes the right to send one delivery although the circuit is open. Only one process gets it, for the duration of a
   * lease.
   *
   * @param openUntil as returned by `ready`
   * @returns until when no other process sends a probe, or null when another one was faster
   */
  async takeProbe(webhookId: string, openUntil: number): Promise<number | null> {
    const until = this.clock.now() + this.options.dispatch.leaseMs;
    const taken = await this.change(webhookId, 'circuit_open_until = ?', [until], 'circuit_open_until = ?', [
      openUntil,
    ]);
    return taken ? until : null;
  }

  /**
   * Deactivates a webhook, unless it has been edited since it was loaded. A webhook that seems to have failed for too
   * long stays active if an attempt has succeeded since.
   *
   * @returns whether this process deactivated it
   */
  async deactivate(
    { id, updatedAt }: Pick<Webhook, 'id' | 'updatedAt'>,
    reason: WebhookDeactivationReason,
    failingSince: number,
  ): Promise<boolean> {
    const isFailing = reason === 'failing';
    if (isFailing && (await this.correctFailing(id))) return false;
    return this.change(
      id,
      'active = ?, deactivated_at = ?, deactivation_reason = ?',
      [false, this.clock.now(), reason],
      `active = ? AND updated_at = ?${isFailing ? ' AND failing_since = ?' : ''}`,
      [true, updatedAt.getTime(), ...(isFailing ? [failingSince] : [])],
    );
  }

  /**
   * Clears `failing_since` if an attempt has succeeded since. Several processes may store a failure and a success in
   * another order than that of the attempts.
   */
  private async correctFailing(webhookId: string): Promise<boolean> {
    return this.change(
      webhookId,
      'failing_since = NULL',
      [],
      `EXISTS (SELECT 1 FROM ${this.database.table(WebhookDelivery)} delivery
                WHERE delivery.webhook_id = ? AND delivery.status = 'delivered' AND delivery.settled_at >= failing_since)`,
      [webhookId],
    );
  }

  private async change(
    webhookId: string,
    columns: string,
    values: readonly SqlValue[],
    condition: string,
    conditionValues: readonly SqlValue[],
  ): Promise<boolean> {
    const changed = await this.database.retried(() =>
      this.database.change(this.database.manager, `UPDATE ${this.table} SET ${columns} WHERE id = ? AND ${condition}`, [
        ...values,
        webhookId,
        ...conditionValues,
      ]),
    );
    return changed === 1;
  }

  private get table(): string {
    return this.database.table(WebhookRow);
  }
}
