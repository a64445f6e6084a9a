import { Inject, Injectable } from '@nestjs/common';
import { numberOrNull, textOf } from '../database/rows.js';
import type { SqlValue } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { DUE_INDEX, WebhookDelivery } from '../deliveries/webhook-delivery.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { WebhookRow, type WebhookDeactivationReason } from '../subscriptions/webhook.entity.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';

const DEACTIVATED = 'active = ?, deactivated_at = ?, deactivation_reason = ?';

/** A webhook with due deliveries. */
export interface ReadyWebhook {
  readonly webhookId: string;
  /** When its circuit was to stay open until, at last; null when it is closed. */
  readonly openUntil: number | null;
}

/**
 * What all processes have to know of an receiver's health: columns of its webhook's row, written only when they change. The
 * host's and the partner's edits leave them alone, but for an activation or another URL, which clear them.
 */
@Injectable()
export class ReceiverHealthRepository {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** The active webhooks that have due deliveries and no open circuit: one look into an index for each webhook. */
  async ready(): Promise<ReadyWebhook[]> {
    const now = this.clock.now();
    return this.database.select(
      this.database.manager,
      `SELECT webhook.id, webhook.circuit_open_until FROM ${this.table} webhook
        WHERE webhook.active = ? AND (webhook.circuit_open_until IS NULL OR webhook.circuit_open_until <= ?)
          AND (SELECT delivery.due_at
                 FROM ${this.database.table(WebhookDelivery)} delivery ${this.database.byIndex(DUE_INDEX)}
                WHERE delivery.webhook_id = webhook.id AND delivery.status = 'pending' AND delivery.due_at <= ?
                ORDER BY delivery.due_at LIMIT 1) IS NOT NULL`,
      [true, now, now],
      (row) => ({ webhookId: textOf(row, 'id'), openUntil: numberOrNull(row, 'circuit_open_until') }),
    );
  }

  /** Notes that from now on every attempt has failed. */
  async startedFailing(webhookId: string, since: number): Promise<void> {
    await this.change(webhookId, 'failing_since = ?', [since], 'failing_since IS NULL', []);
  }

  /** Notes that an attempt has succeeded. */
  async stoppedFailing(webhookId: string): Promise<void> {
    await this.change(webhookId, 'failing_since = NULL', [], 'failing_since IS NOT NULL', []);
  }

  /**
   * Takes `failing_since` back if an attempt has succeeded since, after all: several processes may note a failure and a
   * success in another order than that in which they came.
   *
   * @returns whether it was taken back
   */
  async correctFailing(webhookId: string): Promise<boolean> {
    return this.change(
      webhookId,
      'failing_since = NULL',
      [],
      `EXISTS (SELECT 1 FROM ${this.database.table(WebhookDelivery)} delivery
                WHERE delivery.webhook_id = ? AND delivery.status = 'delivered' AND delivery.settled_at >= failing_since)`,
      [webhookId],
    );
  }

  /**
   * Closes the circuit, after a probe has succeeded.
   *
   * @param probeUntil what `takeProbe` has returned
   * @returns whether it was this process that closed it
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
   * @param probeUntil when a probe has failed, what `takeProbe` has returned; else null
   * @returns whether it was this process that opened it
   */
  async open(webhookId: string, until: number, probeUntil: number | null): Promise<boolean> {
    const columns = 'circuit_open_until = ?, circuit_openings = circuit_openings + 1';
    return probeUntil === null
      ? this.change(webhookId, columns, [until], 'circuit_open_until IS NULL', [])
      : this.change(webhookId, columns, [until], 'circuit_open_until = ?', [probeUntil]);
  }

  /**
   * Takes the right to send one delivery although the circuit is open; one process gets it. It is lost after the time of a
   * lease.
   *
   * @param openUntil as `ready` has told
   * @returns until when the others keep off, or null when another process was faster
   */
  async takeProbe(webhookId: string, openUntil: number): Promise<number | null> {
    const until = this.clock.now() + this.options.dispatch.leaseMs;
    const taken = await this.change(webhookId, 'circuit_open_until = ?', [until], 'circuit_open_until = ?', [
      openUntil,
    ]);
    return taken ? until : null;
  }

  /**
   * Deactivates a webhook whose receiver is gone, unless it has been edited since it was loaded.
   *
   * @param version its `updated_at` when it was loaded
   * @returns whether it was this process that did
   */
  async deactivateGone(webhookId: string, version: number): Promise<boolean> {
    return this.change(
      webhookId,
      DEACTIVATED,
      [false, this.clock.now(), 'gone' satisfies WebhookDeactivationReason],
      'active = ? AND updated_at = ?',
      [true, version],
    );
  }

  /** As `deactivateGone`, a webhook that has failed for too long. @param since its `failing_since` */
  async deactivateFailing(webhookId: string, version: number, since: number): Promise<boolean> {
    return this.change(
      webhookId,
      DEACTIVATED,
      [false, this.clock.now(), 'failing' satisfies WebhookDeactivationReason],
      'active = ? AND updated_at = ? AND failing_since = ?',
      [true, version, since],
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
