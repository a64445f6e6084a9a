import type { SqlValue } from '../../database/webhooks-database.js';
import type { LeasedDelivery } from '../../fan-out/delivery-intake.js';
import type { Webhook } from '../../subscriptions/webhook.js';
import type { UnreadableWebhookError } from '../../webhooks.errors.js';

/** A leased delivery, and where it goes. */
export interface ClaimedDelivery extends LeasedDelivery {
  /** null when the webhook has been deleted or deactivated; an error when it cannot be decrypted. */
  readonly webhook: Webhook | UnreadableWebhookError | null;
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
