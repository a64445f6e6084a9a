import type { WebhookRow } from '../subscriptions/webhook.entity.js';
import type { LeasedDelivery } from './claim.js';

/** A webhook to which something is delivered. */
export type DeliveredWebhook = Pick<WebhookRow, 'id' | 'connectionId'>;

/** The requests that may begin at once while deliveries are inserted. */
export interface FreeSlots {
  /** Takes a slot for a webhook, if a delivery to it would be sent at once. @returns whether there was one */
  take(webhook: DeliveredWebhook): boolean;
}

export const NO_FREE_SLOTS: FreeSlots = { take: () => false };

/** The deliveries that fan-out has inserted. */
export interface InsertedDeliveries {
  /** Deliveries that got a free slot. They are leased to this process from the start. */
  readonly leased: readonly LeasedDelivery[];
  /** The webhooks of the other due deliveries, which must be claimed. */
  readonly webhookIds: ReadonlySet<string>;
}

/** Sends the deliveries that fan-out inserts, in this process. */
export interface Handover {
  freeSlots(): FreeSlots;
  /** Sends the leased deliveries, and claims the others soon. */
  dispatch(inserted: InsertedDeliveries): Promise<void>;
  /** Makes leased deliveries due for every process, if they were inserted at all. */
  giveBack(leased: readonly LeasedDelivery[]): void;
}

/** For a process that sends nothing: every delivery waits to be claimed. */
export const NO_HANDOVER: Handover = {
  freeSlots: () => NO_FREE_SLOTS,
  dispatch: async () => undefined,
  giveBack: () => undefined,
};
