import { checkInteger, checkShare, DAY, MINUTE, SECOND, withDefaults } from './option-checks.js';

/**
 * When an endpoint that fails is left alone for a while: its circuit opens, its deliveries wait without spending an attempt.
 * After `openMs` one of them is sent as a probe. If it fails, the wait doubles; if it succeeds, the circuit closes.
 */
export interface WebhooksCircuitOptions {
  /** Opens after that many failures in a row. Default: 10. */
  failuresInRow?: number;
  /** Opens when that share of the attempts within `windowMs` failed, 0 to 1. Default: 0.7. */
  failureRate?: number;
  /** With fewer attempts within `windowMs`, the share does not count. Default: 20. */
  minimumAttempts?: number;
  /** How far back attempts are counted, in ms. Default: 5 minutes. */
  windowMs?: number;
  /** How long the circuit is open before the first probe, in ms. Default: 30000. */
  openMs?: number;
  /** The longest wait between probes, in ms. Default: 30 minutes. */
  maxOpenMs?: number;
}

/** When a webhook is deactivated by itself; an answer of 410 does it at once. */
export interface WebhooksDeactivationOptions {
  /** After that time of nothing but failures, in ms; null never. Default: 5 days. */
  afterMs?: number | null;
}

export type ResolvedCircuitOptions = Readonly<Required<WebhooksCircuitOptions>>;
export type ResolvedDeactivationOptions = Readonly<Required<WebhooksDeactivationOptions>>;

export function resolveCircuitOptions(given: WebhooksCircuitOptions | undefined): ResolvedCircuitOptions {
  const options = withDefaults<Required<WebhooksCircuitOptions>>(
    {
      failuresInRow: 10,
      failureRate: 0.7,
      minimumAttempts: 20,
      windowMs: 5 * MINUTE,
      openMs: 30 * SECOND,
      maxOpenMs: 30 * MINUTE,
    },
    given,
  );
  checkInteger('circuit.failuresInRow', options.failuresInRow, 1, 1_000_000);
  checkShare('circuit.failureRate', options.failureRate);
  checkInteger('circuit.minimumAttempts', options.minimumAttempts, 1, 1_000_000);
  checkInteger('circuit.windowMs', options.windowMs, SECOND, DAY);
  checkInteger('circuit.openMs', options.openMs, 1, DAY);
  checkInteger('circuit.maxOpenMs', options.maxOpenMs, options.openMs, DAY);
  return options;
}

export function resolveDeactivationOptions(
  given: WebhooksDeactivationOptions | undefined,
): ResolvedDeactivationOptions {
  const options = withDefaults<Required<WebhooksDeactivationOptions>>({ afterMs: 5 * DAY }, given);
  if (options.afterMs !== null) checkInteger('deactivation.afterMs', options.afterMs, 1, 365 * DAY);
  return options;
}
