import type { SqlValue } from '../../database/webhooks-database.js';
import type { Webhook } from '../../subscriptions/webhook.js';
import type { UnreadableWebhookError } from '../../webhooks.errors.js';

/** A delivery that this process alone may send until its lease ends. */
export interface ClaimedDelivery {
  readonly id: string;
  readonly leaseToken: string;
  /** In ms since 1970. */
  readonly leaseEndsAt: number;
  readonly webhookId: string;
  readonly resourceKey: string;
  /** Attempts made so far. */
  readonly attempts: number;
  /** null when the webhook has been deleted or deactivated; an error when it cannot be decrypted. */
  readonly webhook: Webhook | UnreadableWebhookError | null;
  /** The event that it tells of. */
  readonly eventId: string;
  /** The part of the body that all deliveries of the payload share, as UTF-8. */
  readonly sharedBody: Buffer;
}

/** A claimed delivery whose webhook can be sent something. */
export type SendableDelivery = ClaimedDelivery & { readonly webhook: Webhook };

/** What becomes of a claimed delivery. */
export interface Settlement {
  readonly delivery: ClaimedDelivery;
  /** `pending` with a time: to be tried again then. */
  readonly next:
    { readonly status: 'pending'; readonly dueAt: number } | { readonly status: 'delivered' | 'dead' | 'cancelled' };
  /** The log entry of the attempt, or null when none was made. */
  readonly attempt: AttemptEntry | null;
}

/** The columns of an attempt, without its delivery. */
export type AttemptEntry = Readonly<Record<string, SqlValue>>;
