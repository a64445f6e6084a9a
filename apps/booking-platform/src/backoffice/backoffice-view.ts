import type { WebhookView } from 'nestjs-octo-webhooks';
import { negotiateLanguage } from '../octo/languages.js';

/** How the back office shows an object: as OCTO does, with all that the supplier can edit. */
export function backofficeView(acceptLanguage: string | undefined): WebhookView {
  return { capabilities: ['octo/pricing', 'octo/content'], language: negotiateLanguage(acceptLanguage) };
}
