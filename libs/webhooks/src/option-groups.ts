import {
  DAY,
  flag,
  HOUR,
  integer,
  integerOrNull,
  MINUTE,
  parsedElsewhere,
  SECOND,
  share,
  type Option,
} from './option-table.js';
import { REQUEST } from './request-options.js';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';

/** A key that encrypts the URLs, headers and signing secrets of webhooks. */
export interface EncryptionKey {
  /**
   * 1 to 64 letters, digits or any of `._-`. It is stored beside each encrypted text, so it must never be reused for
   * another key.
   */
  id: string;
  /** 32 random bytes, as a Buffer or in base64: `openssl rand -base64 32`. */
  key: Buffer | string;
}

/** The delays before further attempts, in ms, or a function of the number of attempts that were made. */
export type RetryDelays = readonly number[] | ((attempts: number) => number | null);

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

const EMISSION = {
  /**
   * Whether an event outside of any transaction is refused with TransactionRequiredError, instead of being committed on
   * its own. Events that a crash could lose are then found by a test. Default: false.
   */
  requireTransaction: flag(false),
};

const DISPATCH = {
  /** Whether this process fans out and delivers; false for a process that only serves the API. Default: true. */
  enabled: flag(true),
  /**
   * How often the database is polled for work that other processes have written or that has become due, in ms. Default:
   * 1000.
   */
  pollMs: integer(SECOND, 10, HOUR),
  /** The most HTTP requests at once in this process. Default: 64. */
  concurrency: integer(64, 1, 10_000),
  /** The most HTTP requests at once to the receiver of one webhook, in this process. Default: 8. */
  concurrencyPerWebhook: integer(8, 1, 10_000),
  /**
   * The share of `concurrency` that the webhooks of one connection may take, 0 to 1; at least one request. However slow a
   * partner's receivers are, the rest remains for the others. Default: 0.25.
   */
  connectionShare: share(0.25),
  /**
   * How long a claimed delivery or event belongs to its claimer, in ms; at least twice `request.timeoutMs`. The host's port has an
   * eighth of it to answer while a payload is built. Default: 60000.
   */
  leaseMs: integer(MINUTE, 1, DAY),
  /**
   * How long running requests may continue when the application shuts down, in ms. Requests that take longer are
   * aborted, and their deliveries are given back so that another process sends them. Default: 20000.
   */
  shutdownGraceMs: integer(20 * SECOND, 0, HOUR),
  /**
   * Whether a waiting `availability_update` is replaced by a newer one of the same availability for the same webhook.
   * It has no diff, so only the latest state matters. Default: true.
   */
  coalesceAvailability: flag(true),
};

const RETRY = {
  /**
   * The delay before each further attempt, in ms; there is one attempt more than delays. Or a function that takes the
   * number of attempts made, including the failed one, and returns the next delay, or null to give up. Default: the
   * schedule that Standard Webhooks recommends, 10 attempts in about 3 days.
   */
  delaysMs: { default: STANDARD_DELAYS_MS, check: checkDelays } as Option<RetryDelays>,
  /** The share by which a delay varies at random in both directions, 0 to 1. Default: 0.2. */
  jitter: share(0.2),
  /**
   * The longest time by which a receiver's `Retry-After` may delay the next attempt, in ms. The header never makes an
   * attempt earlier. 0 ignores it, but a receiver that answers 429, 502, 503 or 504 still gets no requests for as long
   * as it asks. Default: 24 hours.
   */
  maxRetryAfterMs: integer(DAY, 0, 30 * DAY),
};

/**
 * When the circuit of a failing receiver opens. Its deliveries then wait, without using up attempts. After
 * `firstOpenMs` one of them is sent as a probe. If the probe fails, the wait doubles. If it succeeds, the circuit
 * closes.
 */
const CIRCUIT = {
  /** The circuit opens after this many failures in a row. Default: 10. */
  failuresInRow: integer(10, 1, 1_000_000),
  /** The circuit opens when this share of the attempts within `windowMs` has failed, 0 to 1. Default: 0.7. */
  failureRate: share(0.7),
  /** With fewer attempts within `windowMs`, `failureRate` is ignored. Default: 20. */
  minimumAttempts: integer(20, 1, 1_000_000),
  /** How far back attempts are counted, in ms. Default: 5 minutes. */
  windowMs: integer(5 * MINUTE, SECOND, DAY),
  /** How long the circuit is open before the first probe, in ms. Default: 30000. */
  firstOpenMs: integer(30 * SECOND, 1, DAY),
  /** The longest wait between probes, in ms; at least `firstOpenMs`. Default: 30 minutes. */
  maxOpenMs: integer(30 * MINUTE, 1, DAY),
};

/** When a webhook is deactivated automatically. */
const DEACTIVATION = {
  /**
   * How long every attempt must have failed before a response of 410 deactivates a webhook, in ms. Over http, it never does:
   * anybody on the way could send it. Default: 1 hour.
   */
  goneAfterMs: integer(HOUR, 0, 365 * DAY),
  /** How long every attempt must have failed, in ms; null for never. Default: 5 days. */
  failingForMs: integerOrNull(5 * DAY, 1, 365 * DAY),
};

/**
 * How long deliveries are kept after they have ended. Payloads, attempts and events are removed with their last
 * delivery.
 */
const RETENTION = {
  /** Deliveries that were delivered, cancelled or superseded, in ms; null for ever. Default: 30 days. */
  settledMs: integerOrNull(30 * DAY, 0, 3650 * DAY),
  /** Deliveries that are dead and events that failed, in ms; null for ever. Default: 90 days. */
  deadMs: integerOrNull(90 * DAY, 0, 3650 * DAY),
  /** How often the database is swept, in ms. Default: 1 minute. */
  sweepMs: integer(MINUTE, 10, DAY),
};

/** Interpretations of OCTO where its texts leave a choice. */
const OCTO = {
  /** Whether a request must name `octo/webhooks` in its `Octo-Capabilities` header. Default: true. */
  requireCapability: flag(true),
  /** Whether deleting by a URL that no webhook has is an error, as for an unknown id, or a success. Default: true. */
  unknownUrlIsError: flag(true),
  /**
   * Whether the top-level `event` of a delivery is dotted, such as `booking.updated`. `webhook.event` never is.
   * Default: false.
   */
  dottedEventNames: flag(false),
};

/** How much one partner may have in the database. */
const LIMITS = {
  /**
   * The most webhooks of one connection; one more is refused with UNPROCESSABLE_ENTITY. It is checked under a lock, so that
   * requests at the same time cannot pass it. Default: 50.
   */
  webhooksPerConnection: integer(50, 1, 10_000),
  /**
   * The most deliveries that a partner has triggered for one webhook and that have not ended; more are refused with
   * UNPROCESSABLE_ENTITY. It is checked under a lock, too. Default: 100.
   */
  pendingTriggersPerWebhook: integer(100, 1, 10_000),
  /**
   * The most pending deliveries of one webhook. Every `retention.sweepMs`, the oldest ones beyond it become dead, with the
   * failure `overflow`. Default: 10000.
   */
  pendingDeliveriesPerWebhook: integer(10_000, 1, 1_000_000),
  /**
   * How long a delivery may be pending, in ms; null for ever. Every `retention.sweepMs`, those that are older become dead, with
   * the failure `expired`. It should be longer than the delays of `retry.delaysMs` together. Default: 7 days.
   */
  pendingForMs: integerOrNull(7 * DAY, 1, 365 * DAY),
};

/** Encryption of the stored URLs, headers and signing secrets of webhooks. */
const ENCRYPTION = {
  /**
   * The first key encrypts, all of them decrypt, so that a key can be changed (`WebhookEncryption.reencrypt`). Default:
   * none. Everything is then stored readable.
   */
  keys: parsedElsewhere<readonly EncryptionKey[]>([]),
  /**
   * Whether readable texts are refused with UnreadableWebhookError where encrypted ones belong. Set it after the first
   * `WebhookEncryption.reencrypt`: whoever can write to the database cannot replace a URL or a secret then. Default: false.
   */
  requireEncrypted: flag(false),
};

/** The options that exist, in groups. */
export const GROUPS = {
  emission: EMISSION,
  dispatch: DISPATCH,
  retry: RETRY,
  request: REQUEST,
  circuit: CIRCUIT,
  deactivation: DEACTIVATION,
  retention: RETENTION,
  octo: OCTO,
  limits: LIMITS,
  encryption: ENCRYPTION,
};

function checkDelays(path: string, delays: unknown): void {
  if (typeof delays === 'function') return;
  if (!Array.isArray(delays)) {
    throw new InvalidWebhooksOptionError(path, delays, 'a list of delays in ms, or a function');
  }
  delays.forEach((delay: unknown, index) => integer(0, 0, 30 * DAY).check(`${path}[${index}]`, delay));
}
