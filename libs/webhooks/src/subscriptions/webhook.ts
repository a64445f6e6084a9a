import type { WebhookEventType } from '../octo/event-type.js';
import type { OctoWebhook } from '../octo/octo-webhook.js';
import type { WebhookDeactivationReason } from './webhook.entity.js';

/** A secret that signs a webhook's deliveries, `whsec_…` or `whsk_…` as Standard Webhooks writes it. */
export interface SigningSecret {
  readonly secret: string;
  /** Until when it signs beside the newer one; null for the newest. */
  readonly expiresAt: Date | null;
}

/** A partner's subscription: which event goes where, and how. */
export class Webhook {
  id!: string;
  /** The connection that made it and alone may see, change and delete it. */
  connectionId!: string;
  supplierId!: string;
  event!: WebhookEventType;
  /** Where deliveries are POSTed to, credentials included. */
  url!: string;
  capabilities!: string[];
  useContactLanguage!: boolean;
  headers!: Record<string, string>;
  retryOnError!: boolean;
  active!: boolean;
  /** The secrets that sign now, the newest first; several while a rotation's overlap lasts. */
  secrets!: readonly SigningSecret[];
  /** The newest of `secrets`. */
  secret!: string;
  createdAt!: Date;
  updatedAt!: Date;
  /** When it was deactivated by itself; null when it was not, or has been given a new chance by `active: true` or another URL. */
  deactivatedAt!: Date | null;
  deactivationReason!: WebhookDeactivationReason | null;
  deletedAt!: Date | null;
  /** Since when every attempt has failed; null when the last one succeeded. */
  failingSince!: Date | null;
  /** Until when its deliveries wait, because too many attempts failed; null when they do not. */
  circuitOpenUntil!: Date | null;
  /** How many times in a row that has happened. */
  circuitOpenings!: number;
}

/** The webhook as OCTO shows it. Built field by field: what is not named here, such as the secret, cannot leak. */
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
