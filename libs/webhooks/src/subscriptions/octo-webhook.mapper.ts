import type { OctoWebhook } from '../octo/octo-webhook.js';
import type { Webhook } from './webhook.js';

/** The webhook as OCTO shows it. Built field by field: what is not named here, such as the secret, cannot leak. */
export function toOctoWebhook(webhook: Webhook): OctoWebhook {
  return {
    id: webhook.id,
    event: webhook.event,
    url: webhook.url,
    capabilities: webhook.capabilities,
    useContactLanguage: webhook.useContactLanguage,
    headers: webhook.headers,
    retryOnError: webhook.retryOnError,
    active: webhook.active,
  };
}
