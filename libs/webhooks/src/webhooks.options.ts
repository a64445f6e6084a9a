import {
  DAY,
  HOUR,
  integer,
  MINUTE,
  refuseUnknownNames,
  resolveGroup,
  type Given,
  type Resolved,
} from './option-table.js';
import { GROUPS } from './option-groups.js';

/** The names of all groups. */
export const OPTION_GROUPS: readonly string[] = Object.keys(GROUPS);

export type WebhooksEmissionOptions = Given<(typeof GROUPS)['emission']>;
export type WebhooksDispatchOptions = Given<(typeof GROUPS)['dispatch']>;
export type WebhooksRetryOptions = Given<(typeof GROUPS)['retry']>;
export type WebhooksRequestOptions = Given<(typeof GROUPS)['request']>;
export type WebhooksCircuitOptions = Given<(typeof GROUPS)['circuit']>;
export type WebhooksDeactivationOptions = Given<(typeof GROUPS)['deactivation']>;
export type WebhooksRetentionOptions = Given<(typeof GROUPS)['retention']>;
export type WebhooksOctoOptions = Given<(typeof GROUPS)['octo']>;
export type WebhooksLimitsOptions = Given<(typeof GROUPS)['limits']>;
export type WebhooksEncryptionOptions = Given<(typeof GROUPS)['encryption']>;

/** The options that a host may set. Each has a default. */
export type WebhooksModuleOptions = { -readonly [Name in keyof typeof GROUPS]?: Given<(typeof GROUPS)[Name]> };

/** The options with every default filled in, checked. */
export type ResolvedWebhooksOptions = { readonly [Name in keyof typeof GROUPS]: Resolved<(typeof GROUPS)[Name]> };

/** Injection token of the options with every default filled in. */
export const WEBHOOKS_OPTIONS = Symbol('WEBHOOKS_OPTIONS');

/**
 * Fills in the defaults and refuses values that cannot work.
 *
 * @throws InvalidWebhooksOptionError with the option's name and what is allowed, or with the nearest name for one that
 * is unknown
 */
export function resolveWebhooksOptions(given: WebhooksModuleOptions): ResolvedWebhooksOptions {
  refuseUnknownNames('', OPTION_GROUPS, given);
  const entries = Object.entries(GROUPS).map(([name, group]) => [
    name,
    resolveGroup(name, group, given[name as keyof typeof GROUPS]),
  ]);
  const options = Object.fromEntries(entries) as ResolvedWebhooksOptions;
  // A lease has to outlive the longest request.
  integer(MINUTE, 2 * options.request.timeoutMs, DAY).check('dispatch.leaseMs', options.dispatch.leaseMs);
  integer(HOUR, options.circuit.firstOpenMs, DAY).check('circuit.maxOpenMs', options.circuit.maxOpenMs);
  return options;
}
