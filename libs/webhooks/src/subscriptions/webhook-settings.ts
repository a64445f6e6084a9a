import type { WebhookEventType } from '../octo/event-type.js';

/** What a connection may set on a webhook of its own, at any time. */
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

/** What may be set when a webhook is created. */
export interface NewWebhookSettings extends WebhookSettings {
  /**
   * The first signing secret, `whsec_…` or `whsk_…`: the host's to give and not the partner's, since OCTO has none. Default:
   * a random `whsec_…`.
   */
  secret?: string;
}

/** How a webhook comes to a new signing secret. */
export interface RotateSigningSecretOptions {
  /** How long the secrets so far sign on beside the new one, in ms; 0 ends them at once. Default: 24 hours. */
  overlapMs?: number;
  /** The new secret, `whsec_…` or `whsk_…`. Default: a random `whsec_…`. */
  secret?: string;
}
