import type { WebhookEventType } from '../octo/event-type.js';

/** The settings that a connection may give its webhook, when it is created and later. */
export interface WebhookSettings {
  event: WebhookEventType;
  url: string;
  active?: boolean;
  useContactLanguage?: boolean;
  headers?: Record<string, string>;
  retryOnError?: boolean;
  /** The key of a further connection of the same supplier whose changes the webhook also receives. It is never stored. */
  apiKey?: string;
  /**
   * The keys of several such connections. In an update, `apiKey` and `apiKeys` together replace the further
   * connections.
   */
  apiKeys?: string[];
}

/** The settings of a new webhook. */
export interface NewWebhookSettings extends WebhookSettings {
  /**
   * The first signing secret, `whsec_…` or `whsk_…`. Only the host can give it, because OCTO has no field for it. Default: a
   * random `whsec_…`.
   */
  signingSecret?: string;
}

/** How a signing secret is rotated. */
export interface RotateSigningSecretOptions {
  /** How long the earlier secrets sign beside the new one, in ms; 0 ends them at once. Default: 24 hours. */
  overlapMs?: number;
  /** The new secret, `whsec_…` or `whsk_…`. Default: a random `whsec_…`. */
  signingSecret?: string;
}
