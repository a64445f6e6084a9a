import type { OctoWebhook } from '../octo/octo-webhook.js';
import type { WebhookHealth } from './webhook.entity.js';

/** A secret that signs a webhook's deliveries: `whsec_…` or `whsk_…`, as in Standard Webhooks. */
export interface SigningSecret {
  readonly secret: string;
  /** The time until which it signs beside the newer one; null for the newest. */
  readonly expiresAt: Date | null;
}

/**
 * A partner's subscription: which event goes where, and how. The partner sees the fields of `OctoWebhook` and no others.
 * A webhook that was loaded is never changed: an edit makes another object.
 */
export interface Webhook extends Readonly<OctoWebhook>, Readonly<WebhookHealth> {
  /** The connection that created it. No other connection may see, change or delete it. */
  readonly connectionId: string;
  readonly supplierId: string;
  /** The secrets that sign now, newest first; several while the overlap of a rotation lasts. */
  readonly signingSecrets: readonly SigningSecret[];
  /** The newest of `signingSecrets`. */
  readonly signingSecret: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly deletedAt: Date | null;
  /** When an edit by its connection last gave its receiver a new chance; null when none has. */
  readonly healedAt: Date | null;
}
