import type { ResolvedWebhooksOptions } from '../webhooks.options.js';

/** Decides when a failed delivery is tried again. A host may provide its own. */
export abstract class WebhookRetryPolicy {
  /**
   * @param attempts how many attempts have been made, including the failed one
   * @returns the delay until the next one in ms, or null to give up
   */
  abstract delayAfter(attempts: number): number | null;
}

/** The delays of `retry.delaysMs`. Each varies at random, so that deliveries that failed together are not tried again together. */
export class RetrySchedule extends WebhookRetryPolicy {
  /** @param random a number from 0 to 1, for tests */
  constructor(
    private readonly options: Pick<ResolvedWebhooksOptions['retry'], 'delaysMs' | 'jitter'>,
    private readonly random: () => number = Math.random,
  ) {
    super();
  }

  delayAfter(attempts: number): number | null {
    const { delaysMs, jitter } = this.options;
    const delay = typeof delaysMs === 'function' ? delaysMs(attempts) : (delaysMs[attempts - 1] ?? null);
    return delay === null ? null : Math.round(delay * (1 + jitter * (2 * this.random() - 1)));
  }
}
