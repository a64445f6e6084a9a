import type { WebhookResourceDeclaration } from './emission/entities/declared/webhook-resource.declaration.js';
import { parseSecretKeys, type ParsedSecretKey, type WebhookSecretKey } from './secrets/secret-keys.js';
import { checkAddressList } from './subscriptions/addresses/address-list.js';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';

/** How events come to be written. */
export interface WebhooksEmissionOptions {
  /**
   * Whether an event outside of any transaction is refused with TransactionRequiredError, instead of being committed on its
   * own: what could be lost in a crash then shows in a test. Default: false.
   */
  requireTransaction?: boolean;
  /** Entities that emit when they are saved, made by `webhookResource`, besides those with `@AsWebhookResource`. Default: none. */
  resources?: readonly WebhookResourceDeclaration[];
}

/** Sending on or off, and how much at once. */
export interface WebhooksDispatchOptions {
  /** Whether this process fans out and delivers; false for a process that only serves the API. Default: true. */
  enabled?: boolean;
  /** How often the database is asked for work that other processes wrote or that has become due, in ms. Default: 1000. */
  pollMs?: number;
  /** HTTP requests at once in this process. Default: 64. */
  concurrency?: number;
  /** How long a claimed delivery or event belongs to its claimer, in ms; longer than any attempt. Default: 60000. */
  leaseMs?: number;
}

/** When a failed delivery is tried again. */
export interface WebhooksRetryOptions {
  /**
   * The delay before each further attempt, in ms; there is one attempt more than delays. Default: the schedule that
   * Standard Webhooks recommends, 10 attempts in about 3 days.
   */
  delaysMs?: number[];
  /** The share by which a delay varies at random, to both sides, 0 to 1. Default: 0.2. */
  jitter?: number;
}

/** The bounds of one HTTP request. */
export interface WebhooksRequestOptions {
  /** Until the connection stands, TLS included, in ms. Default: 5000. */
  connectTimeoutMs?: number;
  /** The whole exchange, the response's body included, in ms. Default: 15000. */
  timeoutMs?: number;
  /** How much of a response is read and kept, in bytes. Default: 16384. */
  maxResponseBytes?: number;
  /** Whether loopback, private, link-local and other non-public addresses may be called. For development. Default: false. */
  allowPrivateAddresses?: boolean;
  /**
   * Non-public addresses that may be called all the same: IP addresses (`10.1.2.3`), CIDR ranges (`10.1.0.0/16`,
   * `fd00::/8`), host names (`hooks.example.com`) or all names under one (`*.internal.example.com`, without itself). A host
   * name opens whatever it resolves to, at each attempt: name only hosts whose DNS you trust. Default: none.
   */
  allowAddresses?: string[];
  /** What may not be called, written in the same way; wins over all that is allowed. Default: none. */
  denyAddresses?: string[];
  /** The URL schemes that may be called. Default: both. */
  schemes?: ('https' | 'http')[];
  /** The ports that may be called, such as 443; null for any. Default: null. */
  ports?: number[] | null;
}

/** What is stored encrypted: the URLs, headers and signing secrets of webhooks. */
export interface WebhooksSecretsOptions {
  /**
   * The first key encrypts, all of them decrypt, so that a key can be changed (`WebhookSecrets.reencrypt`). Default: none,
   * and everything is stored readable.
   */
  keys?: WebhookSecretKey[];
}

/** Readings of the OCTO capability where its texts leave a choice. */
export interface WebhooksOctoOptions {
  /** Whether a request must name `octo/webhooks` in its `Octo-Capabilities` header. Default: true. */
  requireCapability?: boolean;
  /** Whether deleting by a URL that no webhook has is an error, as for an unknown id, or a success. Default: true. */
  unknownUrlIsError?: boolean;
  /** Whether the top-level `event` of a delivery is dotted, `booking.updated`; `webhook.event` never is. Default: false. */
  dottedEventNames?: boolean;
}

/** What a host may set; everything has a default. */
export interface WebhooksModuleOptions {
  emission?: WebhooksEmissionOptions;
  dispatch?: WebhooksDispatchOptions;
  retry?: WebhooksRetryOptions;
  request?: WebhooksRequestOptions;
  octo?: WebhooksOctoOptions;
  secrets?: WebhooksSecretsOptions;
  /** The largest body that is sent, in bytes, without the webhook's own part of it. A larger one fails its event with a clear error. Default: 1048576. */
  maxBodyBytes?: number;
}

/** The options with every default filled in, checked. */
export interface ResolvedWebhooksOptions {
  readonly emission: Readonly<Required<WebhooksEmissionOptions>>;
  readonly dispatch: Readonly<Required<WebhooksDispatchOptions>>;
  readonly retry: Readonly<Required<WebhooksRetryOptions>>;
  readonly request: Readonly<Required<WebhooksRequestOptions>>;
  readonly octo: Readonly<Required<WebhooksOctoOptions>>;
  readonly secrets: { readonly keys: readonly ParsedSecretKey[] };
  readonly maxBodyBytes: number;
}

/** Token of the options with every default filled in. */
export const WEBHOOKS_OPTIONS = Symbol('WEBHOOKS_OPTIONS');

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

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

/**
 * Fills in the defaults and refuses what cannot work.
 *
 * @throws InvalidWebhooksOptionError with the option's name and what is allowed
 */
export function resolveWebhooksOptions(options: WebhooksModuleOptions): ResolvedWebhooksOptions {
  const resolved: ResolvedWebhooksOptions = {
    emission: withDefaults<Required<WebhooksEmissionOptions>>(
      { requireTransaction: false, resources: [] },
      options.emission,
    ),
    dispatch: withDefaults<Required<WebhooksDispatchOptions>>(
      { enabled: true, pollMs: SECOND, concurrency: 64, leaseMs: MINUTE },
      options.dispatch,
    ),
    retry: withDefaults<Required<WebhooksRetryOptions>>({ delaysMs: STANDARD_DELAYS_MS, jitter: 0.2 }, options.retry),
    request: withDefaults<Required<WebhooksRequestOptions>>(
      {
        connectTimeoutMs: 5 * SECOND,
        timeoutMs: 15 * SECOND,
        maxResponseBytes: 16 * 1024,
        allowPrivateAddresses: false,
        allowAddresses: [],
        denyAddresses: [],
        schemes: ['https', 'http'],
        ports: null,
      },
      options.request,
    ),
    octo: withDefaults<Required<WebhooksOctoOptions>>(
      { requireCapability: true, unknownUrlIsError: true, dottedEventNames: false },
      options.octo,
    ),
    secrets: { keys: parseSecretKeys(options.secrets?.keys ?? []) },
    maxBodyBytes: options.maxBodyBytes ?? 1024 * 1024,
  };
  const { emission, dispatch, retry, request, octo, maxBodyBytes } = resolved;
  flag('emission.requireTransaction', emission.requireTransaction);
  resources('emission.resources', emission.resources);
  flag('dispatch.enabled', dispatch.enabled);
  flag('request.allowPrivateAddresses', request.allowPrivateAddresses);
  for (const [name, value] of Object.entries(octo)) flag(`octo.${name}`, value);
  integer('dispatch.pollMs', dispatch.pollMs, 10, HOUR);
  integer('dispatch.concurrency', dispatch.concurrency, 1, 10_000);
  integer('request.connectTimeoutMs', request.connectTimeoutMs, 1, HOUR);
  integer('request.timeoutMs', request.timeoutMs, 1, HOUR);
  integer('dispatch.leaseMs', dispatch.leaseMs, 2 * request.timeoutMs, 24 * HOUR);
  integer('request.maxResponseBytes', request.maxResponseBytes, 0, 1024 * 1024);
  checkAddressList('request.allowAddresses', request.allowAddresses);
  checkAddressList('request.denyAddresses', request.denyAddresses);
  list('request.schemes', request.schemes, (scheme) => ['https', 'http'].includes(scheme), "'https' or 'http'");
  if (request.ports !== null) {
    list('request.ports', request.ports, (port) => isInteger(port, 1, 65_535), 'whole numbers from 1 to 65535');
  }
  integer('maxBodyBytes', maxBodyBytes, 1024, 8 * 1024 * 1024);
  retry.delaysMs.forEach((delay, index) => integer(`retry.delaysMs[${index}]`, delay, 0, 30 * 24 * HOUR));
  if (!(retry.jitter >= 0 && retry.jitter <= 1)) {
    throw new InvalidWebhooksOptionError('retry.jitter', retry.jitter, 'a number from 0 to 1');
  }
  return resolved;
}

/** An option that is there but undefined counts as left out. */
function withDefaults<Group extends object>(defaults: Group, given: Partial<Group> | undefined): Group {
  const set = Object.entries(given ?? {}).filter(([, value]) => value !== undefined);
  return { ...defaults, ...Object.fromEntries(set) };
}

/** A text such as 'false' would count as true. */
function flag(option: string, value: unknown): void {
  if (typeof value !== 'boolean') throw new InvalidWebhooksOptionError(option, value, 'true or false');
}

function resources(option: string, value: unknown): void {
  const given: unknown[] = Array.isArray(value) ? value : [null];
  if (given.every((item) => typeof item === 'object' && item !== null && 'entity' in item && 'options' in item)) return;
  throw new InvalidWebhooksOptionError(option, value, 'a list of what webhookResource() returns');
}

function integer(option: string, value: number, least: number, most: number): void {
  if (isInteger(value, least, most)) return;
  throw new InvalidWebhooksOptionError(option, value, `a whole number from ${least} to ${most}`);
}

function isInteger(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function list<Item>(option: string, value: readonly Item[], isAllowed: (item: Item) => boolean, allowed: string): void {
  if (Array.isArray(value) && value.length > 0 && value.every(isAllowed)) return;
  throw new InvalidWebhooksOptionError(option, value, `a list of at least one of ${allowed}`);
}
