import { checkFlag, withDefaults } from './option-checks.js';

/** Readings of the OCTO capability where its texts leave a choice. */
export interface WebhooksOctoOptions {
  /** Whether a request must name `octo/webhooks` in its `Octo-Capabilities` header. Default: true. */
  requireCapability?: boolean;
  /** Whether deleting by a URL that no webhook has is an error, as for an unknown id, or a success. Default: true. */
  unknownUrlIsError?: boolean;
  /** Whether the top-level `event` of a delivery is dotted, `booking.updated`; `webhook.event` never is. Default: false. */
  dottedEventNames?: boolean;
}

export type ResolvedOctoOptions = Readonly<Required<WebhooksOctoOptions>>;

export function resolveOctoOptions(given: WebhooksOctoOptions | undefined): ResolvedOctoOptions {
  const options = withDefaults<Required<WebhooksOctoOptions>>(
    { requireCapability: true, unknownUrlIsError: true, dottedEventNames: false },
    given,
  );
  for (const [name, value] of Object.entries(options)) checkFlag(`octo.${name}`, value);
  return options;
}
