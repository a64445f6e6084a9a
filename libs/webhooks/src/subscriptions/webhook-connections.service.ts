import { Injectable } from '@nestjs/common';
import { In, IsNull, Not } from 'typeorm';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { checkedConnection } from '../host/host-answers.js';
import type { OctoConnection } from '../host/webhooks-host.js';
import type { WebhookEventType } from '../octo/event-type.js';
import { SubscriptionEvents } from './subscription-events.js';
import { WebhookConnection, WebhookRow } from './webhook.entity.js';
import { WebhookRepository } from './webhook.repository.js';

/** How many webhooks are looked up at once. */
const PAGE = 100;

/** A webhook of another connection that receives a connection's changes, because its partner knew a key of it. */
export interface ConnectionListener {
  readonly webhookId: string;
  /** The connection that created the webhook. */
  readonly connectionId: string;
  readonly event: WebhookEventType;
  readonly createdAt: Date;
}

/** What was ended with a connection. */
export interface RemovedConnection {
  /** How many webhooks of its own were deleted. */
  readonly deletedWebhooks: number;
  /** How many webhooks of other connections receive its changes no more. */
  readonly leftWebhooks: number;
}

/** The connections themselves: who listens to one, and what ends when its key is revoked. */
@Injectable()
export class WebhookConnections {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly repository: WebhookRepository,
    private readonly events: SubscriptionEvents,
  ) {}

  /**
   * Ends everything that a connection has: its webhooks are deleted, as by `WebhooksService.delete`, and webhooks of others
   * receive its changes no more. The host calls it when it revokes the connection's key. It may be called again at any time,
   * for instance after a crash in the middle.
   *
   * @throws InvalidHostAnswerError when an id of the connection cannot be stored
   */
  async remove(connection: OctoConnection): Promise<RemovedConnection> {
    const { id } = checkedConnection(connection);
    let deletedWebhooks = 0;
    for (;;) {
      const webhookIds = await this.some(id);
      for (const webhookId of webhookIds) this.events.deleted(await this.repository.delete(connection, webhookId));
      deletedWebhooks += webhookIds.length;
      if (webhookIds.length < PAGE) break;
    }
    return { deletedWebhooks, leftWebhooks: await this.leave(id) };
  }

  /**
   * The webhooks of other connections that receive this connection's changes, oldest first.
   *
   * @throws InvalidHostAnswerError when an id of the connection cannot be stored
   */
  async listeners(connection: OctoConnection): Promise<ConnectionListener[]> {
    const { id } = checkedConnection(connection);
    return this.database.reading(async (manager) => {
      const members = await manager.findBy(WebhookConnection, { connectionId: id });
      if (members.length === 0) return [];
      const rows = await manager.find(WebhookRow, {
        select: { id: true, connectionId: true, event: true, createdAt: true },
        where: { id: In(members.map(({ webhookId }) => webhookId)), connectionId: Not(id), deletedAt: IsNull() },
        order: { id: 'ASC' },
      });
      return rows.map((row) => ({
        webhookId: row.id,
        connectionId: row.connectionId,
        event: row.event,
        createdAt: row.createdAt,
      }));
    });
  }

  private async some(connectionId: string): Promise<string[]> {
    const rows = await this.database.reading((manager) =>
      manager.find(WebhookRow, {
        select: { id: true },
        where: { connectionId, deletedAt: IsNull() },
        order: { id: 'ASC' },
        take: PAGE,
      }),
    );
    return rows.map(({ id }) => id);
  }

  private async leave(connectionId: string): Promise<number> {
    return this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `DELETE FROM ${this.database.table(WebhookConnection)} WHERE connection_id = ?`,
        [connectionId],
      ),
    );
  }
}
