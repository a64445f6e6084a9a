import { Inject, Injectable } from '@nestjs/common';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { WebhookAddressPolicy } from '../destinations/address-policy.js';
import { type OctoConnection, WebhooksClock, WebhooksHost } from '../host/webhooks-host.js';
import { checkedConnection } from '../host/host-answers.js';
import type { WebhookEventType } from '../octo/event-type.js';
import { OctoError } from '../octo/octo-error.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { generateSigningSecret, parseSigningSecret, rotatedSigningSecrets } from './signing-secret.js';
import type { NewWebhookSettings, RotateSigningSecretOptions, WebhookSettings } from './webhook-settings.js';
import { editedWebhook, newWebhook } from './webhook.mapper.js';
import { SubscriptionEvents } from './subscription-events.js';
import { PAGE_WEBHOOKS, WebhookRepository } from './webhook.repository.js';
import type { Webhook } from './webhook.js';

const DAY_MS = 24 * 3_600_000;

/**
 * The subscriptions of connections: the operations of OCTO's section "Endpoints", and the rotation of signing secrets, which
 * OCTO does not have. The REST API calls these methods, and so may the host.
 *
 * Each method sees only the webhooks that the given connection created. To every other id it answers INVALID_WEBHOOK_ID.
 */
@Injectable()
export class WebhooksService {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly addresses: WebhookAddressPolicy,
    private readonly host: WebhooksHost,
    private readonly clock: WebhooksClock,
    private readonly repository: WebhookRepository,
    private readonly events: SubscriptionEvents,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Subscribes a connection (`POST /webhooks`).
   *
   * @param settings the REST API validates them. This method checks only the destination of `url`, the keys and
   * `signingSecret`
   * @param capabilities the capabilities in force for the request. The webhook keeps them, and its deliveries are
   * serialized with them
   * @returns the new webhook. Its `signingSecret` must be handed to the partner, because OCTO's object does not have it
   * @throws OctoError BAD_REQUEST when `url` names a destination that must not be called, or a key does not belong to
   * the same supplier; UNPROCESSABLE_ENTITY when the connection has `limits.webhooksPerConnection` webhooks
   * @throws InvalidSigningSecretError when `signingSecret` cannot sign
   * @throws InvalidHostAnswerError when an id of the connection cannot be stored
   */
  async create(
    connection: OctoConnection,
    settings: NewWebhookSettings,
    capabilities: readonly string[],
  ): Promise<Webhook> {
    checkedConnection(connection);
    if (settings.signingSecret !== undefined) parseSigningSecret(settings.signingSecret);
    this.refuseAddress(settings.url);
    const further = (await this.furtherConnections(connection, settings)) ?? [];
    const webhook = newWebhook(connection, settings, capabilities, new Date(this.clock.now()));
    await this.repository.noteOwner(connection);
    const { to } = await this.database.transaction(async (manager) => {
      this.refuseOneMoreThan(await this.repository.countLocked(manager, connection));
      await this.repository.insert(manager, webhook);
      return this.repository.setConnections(manager, webhook, further);
    });
    this.events.created(webhook, to);
    return webhook;
  }

  /**
   * A page of the webhooks of a connection, oldest first: 20 at most, because each may be 100 KB large.
   *
   * @param after the id of the webhook that the page follows. Default: the first page
   * @throws OctoError INVALID_WEBHOOK_ID when `after` is not an id
   * @throws UnreadableWebhookError when one of them cannot be decrypted
   */
  async list(connection: OctoConnection, after?: string): Promise<Webhook[]> {
    return this.repository.page(connection, after);
  }

  /**
   * All webhooks of a connection, oldest first (`GET /webhooks`), read page by page.
   *
   * @throws UnreadableWebhookError when one of them cannot be decrypted
   */
  async *all(connection: OctoConnection): AsyncGenerator<Webhook, void> {
    for (let after: string | undefined, isLast = false; !isLast;) {
      const page = await this.list(connection, after);
      yield* page;
      isLast = page.length < PAGE_WEBHOOKS;
      after = page.at(-1)?.id;
    }
  }

  /**
   * Changes the given settings and keeps the others (`PATCH /webhooks/{webhookId}`). `headers` are replaced as a whole,
   * as are the connections of `apiKey` and `apiKeys`. `active: true` gives the receiver of a webhook that was
   * deactivated, or whose circuit is open, a new chance: earlier failures count neither for its circuit nor for its deactivation.
   * So does another URL. Each webhook gets a new chance once a minute at most.
   *
   * @param settings as for `create`
   * @param capabilities the capabilities in force for this request. They replace the webhook's, even when no settings
   * are given
   * @returns the webhook after the edit
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
    const { before, after, connections } = await this.database.transaction(async (manager) => {
      const webhook = await this.repository.lock(manager, connection, webhookId);
      const edited = editedWebhook(webhook, settings, capabilities);
      const saved = await this.repository.save(manager, edited);
      const connected = further === null ? null : await this.repository.setConnections(manager, saved, further);
      const isStopped = webhook.deactivatedAt !== null || webhook.circuitOpenUntil !== null;
      const isNewReceiver = edited.url !== webhook.url && (isStopped || webhook.failingSince !== null);
      const hasNewChance = isNewReceiver || (settings.active === true && isStopped);
      const healed = hasNewChance ? await this.repository.heal(manager, saved) : saved;
      return { before: webhook, after: healed, connections: connected };
    });
    this.events.edited(before, after);
    if (connections !== null) this.events.connected(after, connections.from, connections.to);
    return after;
  }

  /**
   * Gives a webhook a new signing secret. The earlier ones sign beside it for a time, so that the receiver never gets a
   * delivery that it cannot verify. Standard Webhooks provides for this: `webhook-signature` may contain several signatures.
   *
   * @returns the new secret, which must be handed to the partner
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   * @throws InvalidSigningSecretError when `signingSecret` cannot sign
   * @throws InvalidOverlapError when `overlapMs` is not a whole number of 0 or more
   * @throws UnreadableWebhookError when the webhook cannot be decrypted
   */
  async rotateSigningSecret(
    connection: OctoConnection,
    webhookId: string,
    { overlapMs = DAY_MS, signingSecret = generateSigningSecret('hmac') }: RotateSigningSecretOptions = {},
  ): Promise<string> {
    parseSigningSecret(signingSecret);
    await this.database.transaction(async (manager) => {
      const webhook = await this.repository.lock(manager, connection, webhookId);
      const signingSecrets = rotatedSigningSecrets(webhook.signingSecrets, signingSecret, overlapMs, this.clock.now());
      await this.repository.save(manager, { ...webhook, signingSecrets, signingSecret });
    });
    return signingSecret;
  }

  /**
   * One webhook (`GET /webhooks/{webhookId}`, an addition to OCTO).
   *
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   * @throws UnreadableWebhookError when it cannot be decrypted
   */
  async get(connection: OctoConnection, webhookId: string): Promise<Webhook> {
    return this.repository.get(connection, webhookId);
  }

  /** The ids of the connections whose changes a webhook receives: its own, and those of `apiKey` and `apiKeys`. */
  async connectionIds(webhook: Webhook): Promise<string[]> {
    return this.repository.connectionIds(webhook);
  }

  /**
   * Deletes the connection's webhooks with exactly this URL (`DELETE /webhooks`).
   *
   * @param event deletes only webhooks for this event. Default: any event
   * @returns how many were deleted
   * @throws UnreadableWebhookError when one of the connection's webhooks cannot be decrypted
   */
  async deleteByUrl(connection: OctoConnection, url: string, event?: WebhookEventType): Promise<number> {
    const matching: string[] = [];
    for await (const one of this.all(connection)) {
      if (one.url === url && (event === undefined || one.event === event)) matching.push(one.id);
    }
    for (const id of matching) await this.delete(connection, id);
    return matching.length;
  }

  /**
   * Deletes a webhook (`DELETE /webhooks/{webhookId}`). It is unknown at once, and everything about it that may be secret is
   * erased. Its waiting deliveries are cancelled.
   *
   * @throws OctoError INVALID_WEBHOOK_ID when the connection has no such webhook
   */
  async delete(connection: OctoConnection, webhookId: string): Promise<void> {
    this.events.deleted(await this.repository.delete(connection, webhookId));
  }

  /** The ids of the connections that the given keys belong to, or null when no keys are given. Keys are not stored. */
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
      if (other !== null) checkedConnection(other);
      if (other === null || other.supplierId !== connection.supplierId) {
        throw new OctoError('BAD_REQUEST', `${field} must be a valid key of the same supplier as the calling key`);
      }
      ids.push(other.id);
    }
    return ids;
  }

  private refuseOneMoreThan(webhooks: number): void {
    const { webhooksPerConnection } = this.options.limits;
    if (webhooks < webhooksPerConnection) return;
    throw new OctoError(
      'UNPROCESSABLE_ENTITY',
      `This connection has ${webhooks} webhooks, and may have ${webhooksPerConnection} at most. Delete one first.`,
      { webhooksPerConnection },
    );
  }

  private refuseAddress(url: string): void {
    const refusal = this.addresses.urlRefusal(new URL(url));
    if (refusal !== null) throw new OctoError('BAD_REQUEST', `url must lead to an allowed destination: ${refusal}`);
  }
}
