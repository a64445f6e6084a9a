import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhooksClock } from '../host/clock.js';
import { WebhooksHost, type OctoConnection } from '../host/webhooks-host.js';
import { WEBHOOKS_CAPABILITY } from '../octo/capabilities.js';
import type { WebhookEventType } from '../octo/event-type.js';
import { OctoError } from '../octo/octo-error.js';
import { WebhookAddressPolicy } from '../destinations/address-policy.js';
import { rotatedSigningSecrets } from './signing-secret-rotation.js';
import { generateSigningSecret, parseSigningSecret } from './signing-secret.js';
import { HEALTHY } from './webhook.entity.js';
import type { NewWebhookSettings, RotateSigningSecretOptions, WebhookSettings } from './webhook-settings.js';
import { WebhookRepository } from './webhook.repository.js';
import { urlAddressProblem } from './webhook-url.js';
import { Webhook } from './webhook.js';

const DAY_MS = 24 * 3_600_000;
const CART_CAPABILITY = 'octo/cart';

/** The settings that stand on the webhook under their own names. */
const CHANGEABLE = ['event', 'url', 'active', 'useContactLanguage', 'headers', 'retryOnError'] as const;

/** The subscriptions of connections. Each method sees only the webhooks of the connection that it is given. */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly addresses: WebhookAddressPolicy,
    private readonly host: WebhooksHost,
    private readonly clock: WebhooksClock,
    private readonly store: WebhookRepository,
  ) {}

  /**
   * Subscribes a connection.
   *
   * @param capabilities those in force for the request; they become the webhook's own
   * @throws OctoError BAD_REQUEST when the URL names an address, host, scheme or port that may not be called, or a key is not one of the supplier's
   * @throws InvalidSigningSecretError when `secret` cannot sign
   */
  async create(
    connection: OctoConnection,
    settings: NewWebhookSettings,
    capabilities: readonly string[],
  ): Promise<Webhook> {
    if (settings.secret !== undefined) parseSigningSecret(settings.secret);
    this.refuseAddress(settings.url);
    const further = (await this.furtherConnections(connection, settings)) ?? [];
    const now = new Date(this.clock.now());
    const secret = settings.secret ?? generateSigningSecret('hmac');
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
      secrets: [{ secret, expiresAt: null }],
      secret,
      createdAt: now,
      updatedAt: now,
      deletedAt: null,
      ...HEALTHY,
    });
    await this.database.transaction(async (manager) => {
      await this.store.insert(manager, webhook);
      await this.store.setConnections(manager, webhook, further);
    });
    return webhook;
  }

  /**
   * The connection's webhooks, oldest first.
   *
   * @throws UnreadableWebhookError when one of them cannot be decrypted
   */
  async list(connection: OctoConnection): Promise<Webhook[]> {
    return this.store.list(connection);
  }

  /**
   * Changes what is given and leaves the rest; `headers` are replaced as a whole. With `active: true` or another URL the
   * receiver gets a new chance: what failed before counts no more, neither towards its circuit nor its deactivation.
   *
   * @param capabilities those in force for this request; they replace the webhook's, also when nothing else is given
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook; BAD_REQUEST as for `create`
   * @throws UnreadableWebhookError when it cannot be decrypted
   */
  async update(
    connection: OctoConnection,
    webhookId: string,
    settings: Partial<WebhookSettings>,
    capabilities: readonly string[],
  ): Promise<Webhook> {
    if (settings.url !== undefined) this.refuseAddress(settings.url);
    const further = await this.furtherConnections(connection, settings);
    return this.database.transaction(async (manager) => {
      const webhook = await this.store.lock(manager, connection, webhookId);
      const moved = settings.url !== undefined && settings.url !== webhook.url;
      for (const field of CHANGEABLE) {
        if (settings[field] !== undefined) Object.assign(webhook, { [field]: settings[field] });
      }
      webhook.capabilities = storedCapabilities(webhook.event, capabilities);
      await this.store.save(manager, webhook);
      if (moved || settings.active === true) await this.store.heal(manager, webhook);
      if (further !== null) await this.store.setConnections(manager, webhook, further);
      return webhook;
    });
  }

  /**
   * Gives a webhook a new signing secret. For a time the earlier ones sign on beside it, so that the receiver never gets a
   * delivery that it cannot verify.
   *
   * @returns the new secret, to be told to the partner
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   * @throws InvalidSigningSecretError when `secret` cannot sign
   * @throws InvalidOverlapError when `overlapMs` is no whole number from 0 on
   * @throws UnreadableWebhookError when it cannot be decrypted
   */
  async rotateSigningSecret(
    connection: OctoConnection,
    webhookId: string,
    { overlapMs = DAY_MS, secret = generateSigningSecret('hmac') }: RotateSigningSecretOptions = {},
  ): Promise<string> {
    parseSigningSecret(secret);
    await this.database.transaction(async (manager) => {
      const webhook = await this.store.lock(manager, connection, webhookId);
      webhook.secrets = rotatedSigningSecrets(webhook.secrets, secret, overlapMs, this.clock.now());
      await this.store.save(manager, webhook);
    });
    return secret;
  }

  /**
   * One webhook.
   *
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   * @throws UnreadableWebhookError when it cannot be decrypted
   */
  async get(connection: OctoConnection, webhookId: string): Promise<Webhook> {
    return this.store.get(connection, webhookId);
  }

  /** The connections whose changes a webhook receives: its own, and those that it was widened to. */
  async connectionIds(webhook: Webhook): Promise<string[]> {
    return this.store.connectionIds(webhook);
  }

  /**
   * Deletes the connection's webhooks with exactly this URL.
   *
   * @param event narrows it to webhooks for one event
   * @returns how many were deleted
   * @throws UnreadableWebhookError when one of the connection's webhooks cannot be decrypted
   */
  async deleteByUrl(connection: OctoConnection, url: string, event?: WebhookEventType): Promise<number> {
    const webhooks = await this.list(connection);
    const matching = webhooks.filter((one) => one.url === url && (event === undefined || one.event === event));
    for (const { id } of matching) await this.delete(connection, id);
    return matching.length;
  }

  /**
   * Deletes a webhook: it is unknown at once, and nothing of it that may be secret is kept. What was still to be delivered
   * to it is cancelled.
   *
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   */
  async delete(connection: OctoConnection, webhookId: string): Promise<void> {
    await this.store.delete(connection, webhookId);
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
    if (problem !== null) throw new OctoError('BAD_REQUEST', `url must lead to where deliveries may go: ${problem}`);
  }
}

/** `octo/webhooks` itself is not part of what a webhook shows, and an order is nothing without `octo/cart`. */
function storedCapabilities(event: WebhookEventType, applied: readonly string[]): string[] {
  const stored = applied.filter((id) => id !== WEBHOOKS_CAPABILITY);
  return event === 'order_update' && !stored.includes(CART_CAPABILITY) ? [...stored, CART_CAPABILITY] : stored;
}
