/** The source of time. A host's tests may replace it with the extra `clock`. */
export abstract class WebhooksClock {
  /** Milliseconds since 1970-01-01 UTC. */
  abstract now(): number;
}

/** The machine's clock. */
export class SystemClock extends WebhooksClock {
  now(): number {
    return Date.now();
  }
}
