import type { LeasedDelivery } from './claim.js';

/** The requests that may begin at once while deliveries are inserted. */
export interface FreeSlots {
  /** Takes one for a webhook, if a delivery of it would go out at once. */
  take(webhookId: string): boolean;
}

export const NO_FREE_SLOTS: FreeSlots = { take: () => false };

/** The deliveries that fan-out has inserted. */
export interface InsertedDeliveries {
  /** Those for which there were free slots, leased to this process from the start. */
  readonly leased: readonly LeasedDelivery[];
  /** The webhooks of the others that are due, to be claimed. */
  readonly webhookIds: ReadonlySet<string>;
}

/** Sends in this process what fan-out inserts. */
export interface Handover {
  freeSlots(): FreeSlots;
  /** Sends the leased deliveries, and has the others claimed. */
  dispatch(inserted: InsertedDeliveries): Promise<void>;
  /** Has leased deliveries made due for everybody, if they were inserted at all. */
  giveBack(leased: readonly LeasedDelivery[]): void;
}

/** For a process that sends nothing: every delivery waits to be claimed. */
export const NO_HANDOVER: Handover = {
  freeSlots: () => NO_FREE_SLOTS,
  dispatch: async () => undefined,
  giveBack: () => undefined,
};
