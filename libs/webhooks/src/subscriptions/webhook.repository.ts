import { Injectable } from '@nestjs/common';
import { IsNull, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import type { OctoConnection } from '../host/webhooks-host.js';
import { OctoError } from '../octo/octo-error.js';
import { HEALTHY } from './webhook.entity.js';
import { WebhookRowMapper } from './webhook-row.mapper.js';
import { WebhookConnection, WebhookRow } from './webhook.entity.js';
import type { Webhook } from './webhook.js';

/**
 * The webhooks of connections in the database. The row of a deleted one stays until its deliveries have come to an end; no
 * method here finds it.
 */
@Injectable()
export class WebhookRepository {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly sealer: WebhookRowMapper,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * The connection's webhooks, oldest first.
   *
   * @throws UnreadableWebhookError when one of them cannot be decrypted
   */
  async list(connection: OctoConnection): Promise<Webhook[]> {
    const rows = await this.database.manager.find(WebhookRow, {
      where: { connectionId: connection.id, deletedAt: IsNull() },
      order: { id: 'ASC' },
    });
    return rows.map((row) => this.sealer.open(row));
  }

  /**
   * One webhook of the connection's.
   *
   * @throws OctoError INVALID_WEBHOOK_ID
   * @throws UnreadableWebhookError
   */
  async get(connection: OctoConnection, webhookId: string): Promise<Webhook> {
    return this.sealer.open(await this.row(this.database.manager, connection, webhookId, false));
  }

  /** As `get`; it stays as it is until the transaction ends. */
  async lock(manager: EntityManager, connection: OctoConnection, webhookId: string): Promise<Webhook> {
    return this.sealer.open(await this.row(manager, connection, webhookId, true));
  }

  async insert(manager: EntityManager, webhook: Webhook): Promise<void> {
    await manager.insert(WebhookRow, this.sealer.seal(webhook));
  }

  /** Writes what a partner may set of a locked webhook, and its secrets. */
  async save(manager: EntityManager, webhook: Webhook): Promise<void> {
    webhook.updatedAt = new Date(this.clock.now());
    const { id, event, capabilities, useContactLanguage, retryOnError, active, updatedAt } = webhook;
    const settings = { event, capabilities, useContactLanguage, retryOnError, active, updatedAt };
    await manager.update(WebhookRow, { id }, { ...settings, ...this.sealer.sealed(webhook) });
  }

  /** Forgets what went wrong at the receiver of a locked webhook. */
  async heal(manager: EntityManager, webhook: Webhook): Promise<void> {
    Object.assign(webhook, HEALTHY);
    await manager.update(WebhookRow, { id: webhook.id }, HEALTHY);
  }

  /**
   * Deletes a webhook, and at once whatever of it may be secret. An empty row stays, under which what still waits is found
   * and cancelled.
   *
   * @throws OctoError INVALID_WEBHOOK_ID
   */
  async delete(connection: OctoConnection, webhookId: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const { id } = await this.row(manager, connection, webhookId, true);
      const deletedAt = new Date(this.clock.now());
      await manager.delete(WebhookConnection, { webhookId: id });
      await manager.update(WebhookRow, { id }, { active: false, deletedAt, url: '', headers: '', secrets: '' });
    });
  }

  async connectionIds(webhook: Webhook): Promise<string[]> {
    const members = await this.database.manager.findBy(WebhookConnection, { webhookId: webhook.id });
    return members.map(({ connectionId }) => connectionId);
  }

  async setConnections(manager: EntityManager, webhook: Webhook, further: readonly string[]): Promise<void> {
    const connectionIds = [...new Set([webhook.connectionId, ...further])];
    await manager.delete(WebhookConnection, { webhookId: webhook.id });
    await manager.insert(
      WebhookConnection,
      connectionIds.map((connectionId) => ({ webhookId: webhook.id, connectionId })),
    );
  }

  private async row(
    manager: EntityManager,
    connection: OctoConnection,
    webhookId: string,
    locked: boolean,
  ): Promise<WebhookRow> {
    const row = isUuid(webhookId)
      ? await manager.findOne(WebhookRow, {
          where: { id: webhookId.toLowerCase(), connectionId: connection.id, deletedAt: IsNull() },
          ...(locked ? { lock: { mode: 'pessimistic_write' } } : {}),
        })
      : null;
    if (row !== null) return row;
    throw new OctoError('INVALID_WEBHOOK_ID', 'This connection has no webhook with the given id.', { webhookId });
  }
}
