import type { WebhooksRetryOptions } from '../webhooks.options.js';

/** When a failed delivery is tried again. A host may replace it by token. */
export abstract class WebhookRetryPolicy {
  /**
   * @param attempts how many attempts have been made, the failed one included
   * @returns the delay until the next one in ms, or null to give up
   */
  abstract delayAfter(attempts: number): number | null;
}

/** A list of delays, each varied at random so that what failed together is not tried again together. */
export class RetrySchedule extends WebhookRetryPolicy {
  /** @param random a number from 0 to 1, for tests */
  constructor(
    private readonly options: Readonly<Required<WebhooksRetryOptions>>,
    private readonly random: () => number = Math.random,
  ) {
    super();
  }

  delayAfter(attempts: number): number | null {
    const delay = this.options.delaysMs[attempts - 1];
    if (delay === undefined) return null;
    return Math.round(delay * (1 + this.options.jitter * (2 * this.random() - 1)));
  }
}
