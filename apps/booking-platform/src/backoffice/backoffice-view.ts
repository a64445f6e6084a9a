import type { WebhookView } from 'nestjs-octo-webhooks';
import { negotiateLanguage } from '../octo/languages.js';

/** The view of the back office: as in OCTO, with all fields that the supplier can edit. */
export function backofficeView(acceptLanguage: string | undefined): WebhookView {
  return { capabilities: ['octo/pricing', 'octo/content'], language: negotiateLanguage(acceptLanguage) };
}
