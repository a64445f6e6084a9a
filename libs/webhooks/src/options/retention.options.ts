import { checkInteger, DAY, MINUTE, withDefaults } from './option-checks.js';

/** How long what has come to an end is kept. Payloads, attempts and events go with their last delivery. */
export interface WebhooksRetentionOptions {
  /** Deliveries that were delivered, cancelled or superseded, in ms; null for ever. Default: 30 days. */
  deliveredMs?: number | null;
  /** Deliveries that are dead and events that failed, in ms; null for ever. Default: 90 days. */
  deadMs?: number | null;
  /** How often the database is swept, in ms. Default: 1 minute. */
  sweepMs?: number;
}

export type ResolvedRetentionOptions = Readonly<Required<WebhooksRetentionOptions>>;

export function resolveRetentionOptions(given: WebhooksRetentionOptions | undefined): ResolvedRetentionOptions {
  const options = withDefaults<Required<WebhooksRetentionOptions>>(
    { deliveredMs: 30 * DAY, deadMs: 90 * DAY, sweepMs: MINUTE },
    given,
  );
  if (options.deliveredMs !== null) checkInteger('retention.deliveredMs', options.deliveredMs, 0, 3650 * DAY);
  if (options.deadMs !== null) checkInteger('retention.deadMs', options.deadMs, 0, 3650 * DAY);
  checkInteger('retention.sweepMs', options.sweepMs, 10, DAY);
  return options;
}
