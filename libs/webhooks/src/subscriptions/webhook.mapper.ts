import { Injectable } from '@nestjs/common';
import { v7 as uuidv7 } from 'uuid';
import { type OctoConnection, WebhooksClock } from '../host/webhooks-host.js';
import { WEBHOOKS_CAPABILITY } from '../octo/capabilities.js';
import type { WebhookEventType } from '../octo/event-type.js';
import { isJsonObject } from '../octo/json.js';
import type { OctoWebhook } from '../octo/octo-webhook.js';
import { TextSealer, type SealedPlace } from '../secrets/text-sealer.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { generateSigningSecret, signingSecretsFromJson, signingSecretsToJson } from './signing-secret.js';
import { HEALTHY, type WebhookHealth, type WebhookRow } from './webhook.entity.js';
import type { NewWebhookSettings, WebhookSettings } from './webhook-settings.js';
import type { Webhook } from './webhook.js';

const CART_CAPABILITY = 'octo/cart';

/** The settings that a webhook itself holds, each with a value. */
type HeldSettings = Required<Omit<WebhookSettings, 'apiKey' | 'apiKeys'>>;

const DEFAULTS: Omit<HeldSettings, 'event' | 'url'> = {
  active: true,
  useContactLanguage: true,
  headers: {},
  retryOnError: true,
};

/** A new webhook, healthy and with one secret. */
export function newWebhook(
  connection: OctoConnection,
  settings: NewWebhookSettings,
  capabilities: readonly string[],
  now: Date,
): Webhook {
  const { event, url, signingSecret = generateSigningSecret('hmac') } = settings;
  return {
    id: uuidv7(),
    connectionId: connection.id,
    supplierId: connection.supplierId,
    ...heldSettings(settings, { ...DEFAULTS, event, url }),
    capabilities: heldCapabilities(event, capabilities),
    signingSecrets: [{ secret: signingSecret, expiresAt: null }],
    signingSecret,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
    healedAt: null,
    ...HEALTHY,
  };
}

/** A webhook after an edit. Settings that are not given keep their values. */
export function editedWebhook(
  webhook: Webhook,
  settings: Partial<WebhookSettings>,
  capabilities: readonly string[],
): Webhook {
  const held = heldSettings(settings, webhook);
  return { ...webhook, ...held, capabilities: heldCapabilities(held.event, capabilities) };
}

/** The webhook as OCTO shows it. Because each field is named here, no other field, such as a secret, can leak. */
export function toOctoWebhook(webhook: Webhook): OctoWebhook {
  return {
    id: webhook.id,
    event: webhook.event,
    url: webhook.url,
    capabilities: webhook.capabilities,
    useContactLanguage: webhook.useContactLanguage,
    headers: webhook.headers,
    retryOnError: webhook.retryOnError,
    active: webhook.active,
  };
}

const SEALED_FIELDS = ['url', 'headers', 'signingSecrets'] as const;
type SealedField = (typeof SEALED_FIELDS)[number];
/** The columns that its sealed columns are tied to. */
type PlacedRow = Pick<WebhookRow, 'id' | 'connectionId' | 'supplierId'>;

/** Turns webhooks into rows and back. No other class seals or unseals their secrets. */
@Injectable()
export class WebhookRowMapper {
  constructor(
    private readonly sealer: TextSealer,
    private readonly clock: WebhooksClock,
  ) {}

  /** The row of a webhook, without the health of its receiver: an edit must not overwrite what the dispatcher wrote. */
  toRow(webhook: Webhook): Omit<WebhookRow, keyof WebhookHealth | 'healedAt'> {
    return {
      id: webhook.id,
      connectionId: webhook.connectionId,
      supplierId: webhook.supplierId,
      event: webhook.event,
      capabilities: JSON.stringify(webhook.capabilities),
      useContactLanguage: webhook.useContactLanguage,
      retryOnError: webhook.retryOnError,
      active: webhook.active,
      createdAt: webhook.createdAt,
      updatedAt: webhook.updatedAt,
      deletedAt: webhook.deletedAt,
      ...this.sealed(webhook),
    };
  }

  /** The sealed columns in the row of a webhook. */
  sealed(webhook: Webhook): Pick<WebhookRow, SealedField> {
    return {
      url: this.seal(webhook, 'url', webhook.url),
      headers: this.seal(webhook, 'headers', JSON.stringify(webhook.headers)),
      signingSecrets: this.seal(webhook, 'signingSecrets', signingSecretsToJson(webhook.signingSecrets)),
    };
  }

  /**
   * The webhook of a row, with the secrets that sign now.
   *
   * @throws UnreadableWebhookError when a column cannot be decrypted or parsed
   */
  toWebhook(row: WebhookRow): Webhook {
    const url = this.unseal(row, 'url');
    const headers = this.parsed(row, 'headers', headersFromJson);
    const signingSecrets = this.parsed(row, 'signingSecrets', (json) => signingSecretsFromJson(json, this.clock.now()));
    const [newest] = signingSecrets;
    if (newest === undefined) throw new UnreadableWebhookError(row.id, 'signingSecrets', null, 'there is none');
    return {
      id: row.id,
      connectionId: row.connectionId,
      supplierId: row.supplierId,
      event: row.event,
      url,
      capabilities: capabilitiesOf(row),
      useContactLanguage: row.useContactLanguage,
      headers,
      retryOnError: row.retryOnError,
      active: row.active,
      signingSecrets,
      signingSecret: newest.secret,
      createdAt: row.createdAt,
      updatedAt: row.updatedAt,
      deletedAt: row.deletedAt,
      deactivatedAt: row.deactivatedAt,
      deactivationReason: row.deactivationReason,
      failingSince: row.failingSince,
      circuitOpenUntil: row.circuitOpenUntil,
      circuitOpenings: row.circuitOpenings,
      healedAt: row.healedAt,
    };
  }

  /** The URL in the row of a webhook, or null when it cannot be decrypted. */
  urlOf(row: PlacedRow & Pick<WebhookRow, 'url'>): string | null {
    try {
      return this.unseal(row, 'url');
    } catch (error) {
      if (error instanceof UnreadableWebhookError) return null;
      throw error;
    }
  }

  /** Whether `toRow` would seal the row in this form now: under the first encryption key, or readable without one. */
  isCurrent(row: WebhookRow): boolean {
    return SEALED_FIELDS.every((field) => this.sealer.isCurrent(row[field]));
  }

  private seal(webhook: Webhook, field: SealedField, text: string): string {
    return this.sealer.seal(text, placeOf(webhook, field));
  }

  private unseal<Field extends SealedField>(row: PlacedRow & Pick<WebhookRow, Field>, field: Field): string {
    return this.sealer.unseal(row[field], placeOf(row, field));
  }

  private parsed<Value>(row: WebhookRow, field: SealedField, parse: (json: string) => Value): Value {
    return parsed(row, field, this.unseal(row, field), parse);
  }
}

function placeOf({ id, connectionId, supplierId }: PlacedRow, field: SealedField): SealedPlace {
  return { webhookId: id, connectionId, supplierId, field };
}

/**
 * The capabilities in the row of a webhook.
 *
 * @throws UnreadableWebhookError
 */
export function capabilitiesOf(row: Pick<WebhookRow, 'id' | 'capabilities'>): string[] {
  return parsed(row, 'capabilities', row.capabilities, capabilitiesFromJson);
}

function parsed<Value>(
  { id }: Pick<WebhookRow, 'id'>,
  field: SealedField | 'capabilities',
  json: string,
  parse: (json: string) => Value,
): Value {
  try {
    return parse(json);
  } catch {
    // The message of JSON.parse() may quote a part of the text.
    throw new UnreadableWebhookError(id, field, null, 'it is not the JSON that was written');
  }
}

/** The given settings, and the held ones for those that are not given. */
function heldSettings(given: Partial<WebhookSettings>, held: HeldSettings): HeldSettings {
  return {
    event: given.event ?? held.event,
    url: given.url ?? held.url,
    active: given.active ?? held.active,
    useContactLanguage: given.useContactLanguage ?? held.useContactLanguage,
    headers: given.headers ?? held.headers,
    retryOnError: given.retryOnError ?? held.retryOnError,
  };
}

/** The capabilities to store. OCTO does not show `octo/webhooks`. An order cannot be serialized without `octo/cart`. */
function heldCapabilities(event: WebhookEventType, applied: readonly string[]): string[] {
  const held = applied.filter((id) => id !== WEBHOOKS_CAPABILITY);
  return event === 'order_update' && !held.includes(CART_CAPABILITY) ? [...held, CART_CAPABILITY] : held;
}

function capabilitiesFromJson(json: string): string[] {
  const ids: unknown = JSON.parse(json);
  if (Array.isArray(ids) && ids.every((id) => typeof id === 'string')) return ids;
  throw new TypeError('Not a list of texts.');
}

function headersFromJson(json: string): Record<string, string> {
  const headers: unknown = JSON.parse(json);
  if (!isTexts(headers)) throw new TypeError('Not an object of texts.');
  return headers;
}

function isTexts(value: unknown): value is Record<string, string> {
  return isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string');
}
