import { groupedBy } from '../database/rows.js';
import { placeholders, type SqlValue } from '../database/sql.js';
import type { Webhook } from '../subscriptions/webhook.js';
import type { UnreadableWebhookError } from '../webhooks.errors.js';

/** The right of one process to send some deliveries, for a while. */
export interface Lease {
  readonly token: string;
  /** In ms since 1970. */
  readonly endsAt: number;
}

/** A delivery that this process alone may send until its lease ends. */
export interface LeasedDelivery {
  readonly id: string;
  readonly leaseToken: string;
  /** In ms since 1970. */
  readonly leaseEndsAt: number;
  readonly webhookId: string;
  readonly resourceKey: string;
  /** Attempts made so far. */
  readonly attempts: number;
  readonly eventId: string;
  /** The part of the body that all deliveries of the payload share, as UTF-8. */
  readonly sharedBody: Buffer;
}

/** A leased delivery and its webhook. */
export interface ClaimedDelivery extends LeasedDelivery {
  /** null when the webhook has been deleted or deactivated; an error when it cannot be decrypted. */
  readonly webhook: Webhook | UnreadableWebhookError | null;
}

/** A claimed delivery whose webhook is active and readable. */
export type SendableDelivery = ClaimedDelivery & { readonly webhook: Webhook };

/** A condition of a WHERE, and its values. */
export interface LeaseFence {
  readonly condition: string;
  readonly values: readonly SqlValue[];
}

/** Matches the deliveries whose lease this process still holds. It is written claim by claim, because each claim has one token. */
export function leaseFence(deliveries: readonly LeasedDelivery[]): LeaseFence {
  const claims = [...groupedBy(deliveries, ({ leaseToken }) => leaseToken)];
  const held = claims.map(([, claimed]) => `(lease_token = ? AND id IN (${placeholders(claimed)}))`).join(' OR ');
  const values = claims.flatMap(([token, claimed]) => [token, ...claimed.map(({ id }) => id)]);
  return { condition: `status = 'pending' AND (${held})`, values };
}
