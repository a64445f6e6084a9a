import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan, type EntityManager } from 'typeorm';
import { NIL, validate as isUuid } from 'uuid';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { type OctoConnection, WebhooksClock } from '../host/webhooks-host.js';
import { checkedConnection } from '../host/host-answers.js';
import { OctoError } from '../octo/octo-error.js';
import { HEALTHY, WebhookConnection, WebhookOwner, WebhookRow } from './webhook.entity.js';
import { WebhookRowMapper } from './webhook.mapper.js';
import type { DeletedWebhook } from './subscription-events.js';
import type { Webhook } from './webhook.js';

/** The ids of the connections whose changes a webhook received before, and now. */
export interface ConnectionEdit {
  readonly from: readonly string[];
  readonly to: readonly string[];
}

/** A receiver gets a new chance this often at most. */
const HEALED_ONCE_MS = 60_000;
/** A webhook may be 100 KB large, and all of a page are in memory at once. */
export const PAGE_WEBHOOKS = 20;

/**
 * The webhooks of connections in the database. The row of a deleted webhook remains until its last delivery has ended, but
 * no method here finds it.
 */
@Injectable()
export class WebhookRepository {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly mapper: WebhookRowMapper,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * A page of the webhooks of a connection, oldest first.
   *
   * @param after the id of the webhook that the page follows. Default: the first page
   * @throws OctoError INVALID_WEBHOOK_ID when `after` is not an id
   * @throws UnreadableWebhookError when one of them cannot be decrypted
   */
  async page(connection: OctoConnection, after: string = NIL): Promise<Webhook[]> {
    if (!isUuid(after)) throw unknownWebhook(after);
    const rows = await this.database.reading((manager) =>
      manager.find(WebhookRow, {
        where: {
          id: MoreThan(after.toLowerCase()),
          connectionId: checkedConnection(connection).id,
          deletedAt: IsNull(),
        },
        order: { id: 'ASC' },
        take: PAGE_WEBHOOKS,
      }),
    );
    return rows.map((row) => this.mapper.toWebhook(row));
  }

  /** Makes sure that there is a row for `countLocked` to lock. It must not be called in a transaction, which would keep its lock. */
  async noteOwner({ id: connectionId }: OctoConnection): Promise<void> {
    const { manager } = this.database;
    await manager.createQueryBuilder().insert().into(WebhookOwner).values({ connectionId }).orIgnore().execute();
  }

  /** How many webhooks a connection has. No other transaction can count them until this one ends. */
  async countLocked(manager: EntityManager, { id: connectionId }: OctoConnection): Promise<number> {
    await manager.findOneOrFail(WebhookOwner, { where: { connectionId }, lock: { mode: 'pessimistic_write' } });
    return manager.countBy(WebhookRow, { connectionId, deletedAt: IsNull() });
  }

  /**
   * One webhook of a connection.
   *
   * @throws OctoError INVALID_WEBHOOK_ID
   * @throws UnreadableWebhookError
   */
  async get(connection: OctoConnection, webhookId: string): Promise<Webhook> {
    const row = await this.database.reading((manager) => this.row(manager, connection, webhookId, false));
    return this.mapper.toWebhook(row);
  }

  /** Like `get`, and locks the row until the transaction ends. */
  async lock(manager: EntityManager, connection: OctoConnection, webhookId: string): Promise<Webhook> {
    return this.mapper.toWebhook(await this.row(manager, connection, webhookId, true));
  }

  /** Inserts a new webhook. Its receiver is healthy. */
  async insert(manager: EntityManager, webhook: Webhook): Promise<void> {
    const row: WebhookRow = { ...this.mapper.toRow(webhook), ...HEALTHY, healedAt: null };
    await manager.insert(WebhookRow, row);
  }

  /**
   * Writes a locked webhook, except for the health of its receiver.
   *
   * @returns the webhook with its new `updatedAt`
   */
  async save(manager: EntityManager, webhook: Webhook): Promise<Webhook> {
    const saved = { ...webhook, updatedAt: new Date(this.clock.now()) };
    const { id, ...columns } = this.mapper.toRow(saved);
    await manager.update(WebhookRow, { id }, columns);
    return saved;
  }

  /**
   * Forgets the failures of a locked webhook's receiver, once a minute at most: edits in a loop must not defeat its circuit. An
   * activation that comes earlier only ends a deactivation.
   */
  async heal(manager: EntityManager, webhook: Webhook): Promise<Webhook> {
    const now = this.clock.now();
    const isEarly = webhook.healedAt !== null && now - webhook.healedAt.getTime() < HEALED_ONCE_MS;
    const notDeactivated = { deactivatedAt: null, deactivationReason: null };
    if (isEarly && !webhook.active) return webhook;
    const healed = isEarly ? notDeactivated : { ...HEALTHY, healedAt: new Date(now) };
    await manager.update(WebhookRow, { id: webhook.id }, healed);
    return { ...webhook, ...healed };
  }

  /**
   * Deletes a webhook and erases all its secrets. An empty row remains, through which its waiting deliveries are found
   * and cancelled.
   *
   * @throws OctoError INVALID_WEBHOOK_ID
   */
  async delete(connection: OctoConnection, webhookId: string): Promise<DeletedWebhook> {
    return this.database.transaction(async (manager) => {
      const { id, connectionId, supplierId, event, ...row } = await this.row(manager, connection, webhookId, true);
      const url = this.mapper.urlOf({ id, connectionId, supplierId, ...row });
      const deletedAt = new Date(this.clock.now());
      await manager.delete(WebhookConnection, { webhookId: id });
      await manager.update(WebhookRow, { id }, { active: false, deletedAt, url: '', headers: '', signingSecrets: '' });
      return { id, connectionId, supplierId, event, url };
    });
  }

  /** The ids of the connections whose changes a webhook receives. */
  async connectionIds(webhook: Webhook): Promise<string[]> {
    const members = await this.database.reading((manager) =>
      manager.findBy(WebhookConnection, { webhookId: webhook.id }),
    );
    return members.map(({ connectionId }) => connectionId);
  }

  /**
   * Sets the connections whose changes a webhook receives to its own and these.
   *
   * @returns the ids of those before and of those now
   */
  async setConnections(manager: EntityManager, webhook: Webhook, further: readonly string[]): Promise<ConnectionEdit> {
    const before = await manager.findBy(WebhookConnection, { webhookId: webhook.id });
    const connectionIds = [...new Set([webhook.connectionId, ...further])];
    await manager.delete(WebhookConnection, { webhookId: webhook.id });
    await manager.insert(
      WebhookConnection,
      connectionIds.map((connectionId) => ({ webhookId: webhook.id, connectionId })),
    );
    return { from: before.map(({ connectionId }) => connectionId), to: connectionIds };
  }

  private async row(
    manager: EntityManager,
    connection: OctoConnection,
    webhookId: string,
    isLocked: boolean,
  ): Promise<WebhookRow> {
    const row = isUuid(webhookId)
      ? await manager.findOne(WebhookRow, {
          where: { id: webhookId.toLowerCase(), connectionId: checkedConnection(connection).id, deletedAt: IsNull() },
          ...(isLocked ? { lock: { mode: 'pessimistic_write' } } : {}),
        })
      : null;
    if (row !== null) return row;
    throw unknownWebhook(webhookId);
  }
}

function unknownWebhook(webhookId: string): OctoError {
  return new OctoError('INVALID_WEBHOOK_ID', 'This connection has no webhook with the given id.', { webhookId });
}
