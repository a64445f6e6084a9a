import type { WebhookResourceDeclaration } from '../emission/entities/declared/webhook-resource.declaration.js';
import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import { checkFlag, withDefaults } from './option-checks.js';

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

export type ResolvedEmissionOptions = Readonly<Required<WebhooksEmissionOptions>>;

export function resolveEmissionOptions(given: WebhooksEmissionOptions | undefined): ResolvedEmissionOptions {
  const options = withDefaults<Required<WebhooksEmissionOptions>>({ requireTransaction: false, resources: [] }, given);
  checkFlag('emission.requireTransaction', options.requireTransaction);
  checkResources('emission.resources', options.resources);
  return options;
}

function checkResources(option: string, value: unknown): void {
  const given: unknown[] = Array.isArray(value) ? value : [null];
  if (given.every((item) => typeof item === 'object' && item !== null && 'entity' in item && 'options' in item)) return;
  throw new InvalidWebhooksOptionError(option, value, 'a list of what webhookResource() returns');
}
