import { X509Certificate } from 'node:crypto';
import {
  DAY,
  flag,
  HOUR,
  integer,
  integerOrNull,
  isInteger,
  list,
  listOrNull,
  MINUTE,
  parsedElsewhere,
  SECOND,
  share,
  type Option,
} from './option-table.js';
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

const REQUEST = {
  /** The longest time to connect, including TLS, in ms. Default: 5000. */
  connectTimeoutMs: integer(5 * SECOND, 1, HOUR),
  /** The longest time of a whole exchange, including the response's body, in ms. Default: 15000. */
  timeoutMs: integer(15 * SECOND, 1, HOUR),
  /**
   * The largest body that is sent, in bytes, without the webhook's own part. If a body is larger, the attempts of its
   * deliveries fail with PayloadTooLargeError. Default: 1048576.
   */
  maxBodyBytes: integer(1024 * 1024, 1024, 8 * 1024 * 1024),
  /** How much of a response's body is read, in bytes, and stored, unless it is 200 to 299: then, at most 1024. Default: 16384. */
  maxResponseBytes: integer(16 * 1024, 0, 1024 * 1024),
  /** Whether loopback, private, link-local and other non-public addresses may be called. For development. Default: false. */
  allowPrivateAddresses: flag(false),
  /**
   * Non-public addresses that may be called: IP addresses (`10.1.2.3`), CIDR ranges (`10.1.0.0/16`, `fd00::/8`), host
   * names (`hooks.example.com`) or all names under one (`*.internal.example.com`, which does not include
   * `internal.example.com`). A host name allows every address to which it resolves, at each attempt, so name only hosts
   * whose DNS you trust. Default: none.
   */
  allowAddresses: parsedElsewhere<readonly string[]>([]),
  /**
   * Addresses, ranges and hosts that must not be called, in the same notation. This overrides everything that is
   * allowed. Default: none.
   */
  denyAddresses: parsedElsewhere<readonly string[]>([]),
  /** The URL schemes that may be called. Default: `https` alone. */
  schemes: list<'https' | 'http'>(['https'], (scheme) => scheme === 'https' || scheme === 'http', "'https' or 'http'"),
  /** The ports that may be called, such as 443; null for all but those of other services (`SERVICE_PORTS`). Default: null. */
  ports: listOrNull<number>((port) => isInteger(port, 1, 65_535), 'whole numbers from 1 to 65535'),
  /**
   * The certificate authorities, PEM, that are trusted instead of those of Node; null for those of Node. To trust an authority of
   * your own too: `[...tls.rootCertificates, own]`. Default: null.
   */
  ca: { default: null, check: checkAuthorities } as Option<readonly string[] | null>,
  /**
   * The URL of an egress proxy that makes all connections, such as `http://name:password@proxy.internal:3128`; null for none.
   * It resolves the names, so it has to refuse addresses that must not be called; of them, only those that a URL names are
   * checked here. Default: null.
   */
  proxy: { default: null, check: checkProxy } as Option<string | null>,
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

/** What was given is not shown, because it may be a private key. */
function checkAuthorities(path: string, value: unknown): void {
  if (value === null) return;
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidWebhooksOptionError(
      path,
      `of type ${typeof value}`,
      'a list of at least one certificate in PEM, or null',
    );
  }
  value.forEach((authority: unknown, index) => {
    if (isCertificate(authority)) return;
    throw new InvalidWebhooksOptionError(`${path}[${index}]`, `of type ${typeof authority}`, 'a certificate in PEM');
  });
}

function isCertificate(value: unknown): boolean {
  try {
    return typeof value === 'string' && new X509Certificate(value).raw.length > 0;
  } catch {
    return false;
  }
}

/** The URL is not shown, because it may contain a password. */
function checkProxy(path: string, value: unknown): void {
  if (value === null) return;
  const isUrl = typeof value === 'string' && URL.canParse(value);
  if (isUrl && ['http:', 'https:'].includes(new URL(value).protocol)) return;
  const given = isUrl ? `a URL with the scheme ${new URL(value).protocol}` : `of type ${typeof value}`;
  throw new InvalidWebhooksOptionError(path, given, 'an http or https URL, or null');
}

function checkDelays(path: string, delays: unknown): void {
  if (typeof delays === 'function') return;
  if (!Array.isArray(delays)) {
    throw new InvalidWebhooksOptionError(path, delays, 'a list of delays in ms, or a function');
  }
  delays.forEach((delay: unknown, index) => integer(0, 0, 30 * DAY).check(`${path}[${index}]`, delay));
}
