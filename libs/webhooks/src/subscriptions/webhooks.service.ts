import { Injectable } from '@nestjs/common';
import { v7 as uuidv7, validate as isUuid } from 'uuid';
import type { EntityManager } from 'typeorm';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import { WebhooksHost, type OctoConnection } from '../host/webhooks-host.js';
import { WEBHOOKS_CAPABILITY } from '../octo/capabilities.js';
import type { WebhookEventType } from '../octo/event-type.js';
import { OctoError } from '../octo/octo-error.js';
import { WebhookAddressPolicy } from './address-policy.js';
import { newSigningSecret } from './signing-secret.js';
import { urlAddressProblem } from './webhook-url.js';
import { Webhook, WebhookConnection } from './webhook.entity.js';

/** What a connection may set on a webhook of its own. */
export interface WebhookSettings {
  event: WebhookEventType;
  url: string;
  active?: boolean;
  useContactLanguage?: boolean;
  headers?: Record<string, string>;
  retryOnError?: boolean;
  /** The key of a further connection of the same supplier whose changes are to come too; resolved at once, never stored. */
  apiKey?: string;
  /** The same for several. On update, `apiKey` and `apiKeys` together replace the further connections. */
  apiKeys?: string[];
}

const CART_CAPABILITY = 'octo/cart';

/** The subscriptions of connections. Each method sees only the webhooks of the connection that it is given. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly addresses: WebhookAddressPolicy,
    private readonly host: WebhooksHost,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Subscribes a connection.
   *
   * @param capabilities those in force for the request; they become the webhook's own
   * @throws OctoError BAD_REQUEST when the URL names an address that may not be called, or a key is not one of the supplier's
   */
  async create(
    connection: OctoConnection,
    settings: WebhookSettings,
    capabilities: readonly string[],
  ): Promise<Webhook> {
    this.refuseAddress(settings.url);
    const further = (await this.furtherConnections(connection, settings)) ?? [];
    const now = new Date(this.clock.now());
    const webhook: Webhook = Object.assign(new Webhook(), {
      id: uuidv7(),
      connectionId: connection.id,
      supplierId: connection.supplierId,
      event: settings.event,
      url: settings.url,
      capabilities: storedCapabilities(settings.event, capabilities),
      useContactLanguage: settings.useContactLanguage ?? true,
      headers: settings.headers ?? {},
      retryOnError: settings.retryOnError ?? true,
      active: settings.active ?? true,
      secret: newSigningSecret(),
      createdAt: now,
      updatedAt: now,
    });
    await this.database.transaction(async (manager) => {
      await manager.insert(Webhook, webhook);
      await this.setConnections(manager, webhook, further);
    });
    return webhook;
  }

  /** The connection's webhooks, oldest first. */
  async list(connection: OctoConnection): Promise<Webhook[]> {
    return this.database.manager.find(Webhook, { where: { connectionId: connection.id }, order: { id: 'ASC' } });
  }

  /**
   * Changes what is given and leaves the rest; `headers` are replaced as a whole.
   *
   * @param capabilities those in force for this request; they replace the webhook's, also when nothing else is given
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook; BAD_REQUEST as for `create`
   */
  async update(
    connection: OctoConnection,
    webhookId: string,
    settings: Partial<WebhookSettings>,
    capabilities: readonly string[],
  ): Promise<Webhook> {
    if (settings.url !== undefined) this.refuseAddress(settings.url);
    const { apiKey: _, apiKeys: __, ...fields } = settings;
    const further = await this.furtherConnections(connection, settings);
    return this.database.transaction(async (manager) => {
      const webhook = await this.own(manager, connection, webhookId);
      for (const [field, value] of Object.entries(fields)) {
        if (value !== undefined) Object.assign(webhook, { [field]: value });
      }
      webhook.capabilities = storedCapabilities(webhook.event, capabilities);
      webhook.updatedAt = new Date(this.clock.now());
      await manager.update(Webhook, { id: webhook.id }, webhook);
      if (further !== null) await this.setConnections(manager, webhook, further);
      return webhook;
    });
  }

  /**
   * One webhook.
   *
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   */
  async get(connection: OctoConnection, webhookId: string): Promise<Webhook> {
    const webhook = isUuid(webhookId)
      ? await this.database.manager.findOneBy(Webhook, { id: webhookId.toLowerCase(), connectionId: connection.id })
      : null;
    return webhook ?? unknownWebhook(webhookId);
  }

  /** The connections whose changes a webhook receives: its own, and those that it was widened to. */
  async connectionIds(webhook: Webhook): Promise<string[]> {
    const members = await this.database.manager.findBy(WebhookConnection, { webhookId: webhook.id });
    return members.map(({ connectionId }) => connectionId);
  }

  /**
   * Deletes the connection's webhooks with exactly this URL.
   *
   * @param event narrows it to webhooks for one event
   * @returns how many were deleted
   */
  async deleteByUrl(connection: OctoConnection, url: string, event?: WebhookEventType): Promise<number> {
    const webhooks = await this.list(connection);
    const matching = webhooks.filter((one) => one.url === url && (event === undefined || one.event === event));
    for (const { id } of matching) await this.delete(connection, id);
    return matching.length;
  }

  /**
   * Deletes a webhook. What was still to be delivered to it is cancelled by the dispatcher.
   *
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   */
  async delete(connection: OctoConnection, webhookId: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const webhook = await this.own(manager, connection, webhookId);
      await manager.delete(WebhookConnection, { webhookId: webhook.id });
      await manager.delete(Webhook, { id: webhook.id });
    });
  }

  private async own(manager: EntityManager, connection: OctoConnection, webhookId: string): Promise<Webhook> {
    const webhook = isUuid(webhookId)
      ? await manager.findOne(Webhook, {
          where: { id: webhookId.toLowerCase(), connectionId: connection.id },
          lock: { mode: 'pessimistic_write' },
        })
      : null;
    return webhook ?? unknownWebhook(webhookId);
  }

  private async setConnections(manager: EntityManager, webhook: Webhook, further: readonly string[]): Promise<void> {
    const connectionIds = [...new Set([webhook.connectionId, ...further])];
    await manager.delete(WebhookConnection, { webhookId: webhook.id });
    await manager.insert(
      WebhookConnection,
      connectionIds.map((connectionId) => ({ webhookId: webhook.id, connectionId })),
    );
  }

  /** The connections that the given keys stand for, or null when none are given. The keys themselves go no further. */
  private async furtherConnections(
    connection: OctoConnection,
    { apiKey, apiKeys }: Partial<WebhookSettings>,
  ): Promise<string[] | null> {
    if (apiKey === undefined && apiKeys === undefined) return null;
    const named = [
      ...(apiKey === undefined ? [] : [['apiKey', apiKey] as const]),
      ...(apiKeys ?? []).map((key, index) => [`apiKeys[${index}]`, key] as const),
    ];
    const ids: string[] = [];
    for (const [field, key] of named) {
      const other = await this.host.connectionOf(`Bearer ${key}`);
      if (other === null || other.supplierId !== connection.supplierId) {
        throw new OctoError('BAD_REQUEST', `${field} must be a valid key of the same supplier as the calling key`);
      }
      ids.push(other.id);
    }
    return ids;
  }

  private refuseAddress(url: string): void {
    const problem = urlAddressProblem(url, this.addresses);
    if (problem !== null) throw new OctoError('BAD_REQUEST', `url must lead to a public address: ${problem}`);
  }
}

function unknownWebhook(webhookId: string): never {
  throw new OctoError('INVALID_WEBHOOK_ID', 'This connection has no webhook with the given id.', { webhookId });
}

/** `octo/webhooks` itself is not part of what a webhook shows, and an order is nothing without `octo/cart`. */
function storedCapabilities(event: WebhookEventType, applied: readonly string[]): string[] {
  const stored = applied.filter((id) => id !== WEBHOOKS_CAPABILITY);
  return event === 'order_update' && !stored.includes(CART_CAPABILITY) ? [...stored, CART_CAPABILITY] : stored;
}
