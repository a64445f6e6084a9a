import {
  resolveDispatchOptions,
  type ResolvedDispatchOptions,
  type WebhooksDispatchOptions,
} from './options/dispatch.options.js';
import {
  resolveEmissionOptions,
  type ResolvedEmissionOptions,
  type WebhooksEmissionOptions,
} from './options/emission.options.js';
import {
  resolveCircuitOptions,
  resolveDeactivationOptions,
  type ResolvedCircuitOptions,
  type ResolvedDeactivationOptions,
  type WebhooksCircuitOptions,
  type WebhooksDeactivationOptions,
} from './options/endpoint.options.js';
import { resolveOctoOptions, type ResolvedOctoOptions, type WebhooksOctoOptions } from './options/octo.options.js';
import { checkInteger } from './options/option-checks.js';
import {
  resolveRequestOptions,
  type ResolvedRequestOptions,
  type WebhooksRequestOptions,
} from './options/request.options.js';
import {
  resolveRetentionOptions,
  type ResolvedRetentionOptions,
  type WebhooksRetentionOptions,
} from './options/retention.options.js';
import { resolveRetryOptions, type ResolvedRetryOptions, type WebhooksRetryOptions } from './options/retry.options.js';
import {
  resolveSecretsOptions,
  type ResolvedSecretsOptions,
  type WebhooksSecretsOptions,
} from './options/secrets.options.js';

/** What a host may set; everything has a default. */
export interface WebhooksModuleOptions {
  emission?: WebhooksEmissionOptions;
  dispatch?: WebhooksDispatchOptions;
  retry?: WebhooksRetryOptions;
  request?: WebhooksRequestOptions;
  circuit?: WebhooksCircuitOptions;
  deactivation?: WebhooksDeactivationOptions;
  retention?: WebhooksRetentionOptions;
  octo?: WebhooksOctoOptions;
  secrets?: WebhooksSecretsOptions;
  /** The largest body that is sent, in bytes, without the webhook's own part of it. A larger one fails its event with a clear error. Default: 1048576. */
  maxBodyBytes?: number;
}

/** The options with every default filled in, checked. */
export interface ResolvedWebhooksOptions {
  readonly emission: ResolvedEmissionOptions;
  readonly dispatch: ResolvedDispatchOptions;
  readonly retry: ResolvedRetryOptions;
  readonly request: ResolvedRequestOptions;
  readonly circuit: ResolvedCircuitOptions;
  readonly deactivation: ResolvedDeactivationOptions;
  readonly retention: ResolvedRetentionOptions;
  readonly octo: ResolvedOctoOptions;
  readonly secrets: ResolvedSecretsOptions;
  readonly maxBodyBytes: number;
}

/** Token of the options with every default filled in. */
export const WEBHOOKS_OPTIONS = Symbol('WEBHOOKS_OPTIONS');

/**
 * Fills in the defaults and refuses what cannot work.
 *
 * @throws InvalidWebhooksOptionError with the option's name and what is allowed
 */
export function resolveWebhooksOptions(options: WebhooksModuleOptions): ResolvedWebhooksOptions {
  const request = resolveRequestOptions(options.request);
  const maxBodyBytes = options.maxBodyBytes ?? 1024 * 1024;
  checkInteger('maxBodyBytes', maxBodyBytes, 1024, 8 * 1024 * 1024);
  return {
    emission: resolveEmissionOptions(options.emission),
    dispatch: resolveDispatchOptions(options.dispatch, request.timeoutMs),
    retry: resolveRetryOptions(options.retry),
    request,
    circuit: resolveCircuitOptions(options.circuit),
    deactivation: resolveDeactivationOptions(options.deactivation),
    retention: resolveRetentionOptions(options.retention),
    octo: resolveOctoOptions(options.octo),
    secrets: resolveSecretsOptions(options.secrets),
    maxBodyBytes,
  };
}
