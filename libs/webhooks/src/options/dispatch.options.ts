import { checkFlag, checkInteger, DAY, HOUR, MINUTE, SECOND, withDefaults } from './option-checks.js';

/** Sending on or off, and how much at once. */
export interface WebhooksDispatchOptions {
  /** Whether this process fans out and delivers; false for a process that only serves the API. Default: true. */
  enabled?: boolean;
  /** How often the database is asked for work that other processes wrote or that has become due, in ms. Default: 1000. */
  pollMs?: number;
  /** HTTP requests at once in this process. Default: 64. */
  concurrency?: number;
  /** HTTP requests at once to one endpoint, that is to one webhook, in this process. Default: 8. */
  perEndpoint?: number;
  /** How long a claimed delivery or event belongs to its claimer, in ms; longer than any attempt. Default: 60000. */
  leaseMs?: number;
  /**
   * How long requests that are under way may go on when the application shuts down, in ms. Those that are still running
   * then are broken off and their deliveries given back, to be sent again by another process. Default: 20000.
   */
  shutdownGraceMs?: number;
  /**
   * Whether an `availability_update` that still waits is replaced by a newer one of the same availability for the same
   * webhook: it has no diff, and only the latest state matters. Default: true.
   */
  coalesceAvailability?: boolean;
}

export type ResolvedDispatchOptions = Readonly<Required<WebhooksDispatchOptions>>;

/** @param timeoutMs of one request: a lease has to outlive it */
export function resolveDispatchOptions(
  given: WebhooksDispatchOptions | undefined,
  timeoutMs: number,
): ResolvedDispatchOptions {
  const options = withDefaults<Required<WebhooksDispatchOptions>>(
    {
      enabled: true,
      pollMs: SECOND,
      concurrency: 64,
      perEndpoint: 8,
      leaseMs: MINUTE,
      shutdownGraceMs: 20 * SECOND,
      coalesceAvailability: true,
    },
    given,
  );
  checkFlag('dispatch.enabled', options.enabled);
  checkInteger('dispatch.pollMs', options.pollMs, 10, HOUR);
  checkInteger('dispatch.concurrency', options.concurrency, 1, 10_000);
  checkInteger('dispatch.perEndpoint', options.perEndpoint, 1, 10_000);
  checkInteger('dispatch.leaseMs', options.leaseMs, 2 * timeoutMs, DAY);
  checkInteger('dispatch.shutdownGraceMs', options.shutdownGraceMs, 0, HOUR);
  checkFlag('dispatch.coalesceAvailability', options.coalesceAvailability);
  return options;
}
