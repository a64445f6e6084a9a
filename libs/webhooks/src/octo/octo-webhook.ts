import type { WebhookEventType } from './event-type.js';

/** The `Webhook` object of OCTO. REST responses contain it, and so does each delivery. */
export interface OctoWebhook {
  id: string;
  event: WebhookEventType;
  /** Where deliveries are POSTed to. */
  url: string;
  /** The capabilities with which the event's object is serialized. They come from the `Octo-Capabilities` header. */
  capabilities: string[];
  /** Whether the guest's own language is tried first. */
  useContactLanguage: boolean;
  /** Headers that each delivery carries. */
  headers: Record<string, string>;
  /** Whether a failed delivery is tried again. */
  retryOnError: boolean;
  /** Whether changes are delivered at all. */
  active: boolean;
}
