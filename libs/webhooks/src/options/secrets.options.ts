import { parseSecretKeys, type ParsedSecretKey, type WebhookSecretKey } from '../secrets/secret-keys.js';

/** What is stored encrypted: the URLs, headers and signing secrets of webhooks. */
export interface WebhooksSecretsOptions {
  /**
   * The first key encrypts, all of them decrypt, so that a key can be changed (`WebhookSecrets.reencrypt`). Default: none,
   * and everything is stored readable.
   */
  keys?: WebhookSecretKey[];
}

export interface ResolvedSecretsOptions {
  readonly keys: readonly ParsedSecretKey[];
}

export function resolveSecretsOptions(given: WebhooksSecretsOptions | undefined): ResolvedSecretsOptions {
  return { keys: parseSecretKeys(given?.keys ?? []) };
}
