import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import { checkInteger, checkShare, DAY, HOUR, MINUTE, SECOND, withDefaults } from './option-checks.js';

/** When a failed delivery is tried again. */
export interface WebhooksRetryOptions {
  /**
   * The delay before each further attempt, in ms; there is one attempt more than delays. Or a function that is given how
   * many attempts have been made, the failed one included, and returns the delay, or null to give up. Default: the
   * schedule that Standard Webhooks recommends, 10 attempts in about 3 days.
   */
  delaysMs?: readonly number[] | ((attempts: number) => number | null);
  /** The share by which a delay varies at random, to both sides, 0 to 1. Default: 0.2. */
  jitter?: number;
  /**
   * How far a receiver's `Retry-After` may put off the next attempt, in ms; it never brings it forward. 0 does not put
   * attempts off; the pause of an endpoint that has too much to do heeds the header all the same. Default: 24 hours.
   */
  maxRetryAfterMs?: number;
}

export type ResolvedRetryOptions = Readonly<Required<WebhooksRetryOptions>>;

/** The retry schedule of Standard Webhooks 1.0.0. */
const STANDARD_DELAYS_MS = [
  5 * SECOND,
  5 * MINUTE,
  30 * MINUTE,
  2 * HOUR,
  5 * HOUR,
  10 * HOUR,
  14 * HOUR,
  20 * HOUR,
  24 * HOUR,
];

export function resolveRetryOptions(given: WebhooksRetryOptions | undefined): ResolvedRetryOptions {
  const options = withDefaults<Required<WebhooksRetryOptions>>(
    { delaysMs: STANDARD_DELAYS_MS, jitter: 0.2, maxRetryAfterMs: DAY },
    given,
  );
  const { delaysMs } = options;
  if (typeof delaysMs !== 'function') checkDelays('retry.delaysMs', delaysMs);
  checkShare('retry.jitter', options.jitter);
  checkInteger('retry.maxRetryAfterMs', options.maxRetryAfterMs, 0, 30 * DAY);
  return options;
}

function checkDelays(option: string, delays: unknown): void {
  if (!Array.isArray(delays)) {
    throw new InvalidWebhooksOptionError(option, delays, 'a list of delays in ms, or a function');
  }
  delays.forEach((delay: number, index) => checkInteger(`${option}[${index}]`, delay, 0, 30 * DAY));
}
