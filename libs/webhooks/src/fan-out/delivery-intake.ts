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
  /** The event that it tells of. */
  readonly eventId: string;
  /** The part of the body that all deliveries of the payload share, as UTF-8. */
  readonly sharedBody: Buffer;
}

/** The requests that are free while deliveries are being stored. */
export interface Openings {
  /** Takes one for a webhook, if a delivery of it would go out at once. */
  take(webhookId: string): boolean;
}

export const NO_OPENINGS: Openings = { take: () => false };

/** What fan-out has stored. */
export interface StoredDeliveries {
  /** Those for which there were openings, leased to this process from the start. */
  readonly leased: readonly LeasedDelivery[];
  /** The webhooks of the others that are due, to be claimed. */
  readonly webhookIds: ReadonlySet<string>;
}

/** Who sends what fan-out stores in this process. */
export interface DeliveryIntake {
  openings(): Openings;
  /** Sends the leased deliveries, and has the others claimed. */
  dispatch(stored: StoredDeliveries): Promise<void>;
  /** Has leased deliveries made due for everybody, if they are stored at all. */
  giveBack(leased: readonly LeasedDelivery[]): void;
}

/** In a process that sends nothing itself: all is stored to be claimed. */
export const NO_INTAKE: DeliveryIntake = {
  openings: () => NO_OPENINGS,
  dispatch: async () => undefined,
  giveBack: () => undefined,
};
