import type { Webhook } from 'nestjs-octo-webhooks';
import { newWebhook } from '../../libs/webhooks/src/subscriptions/webhook.mapper.js';

const CONNECTION = { id: 'c', supplierId: 's', capabilities: [] };

/** A webhook that is not in any database: `w`, of connection `c` and supplier `s`, created in 1970. */
export function webhookWith(properties: Partial<Webhook> = {}): Webhook {
  const settings = { event: 'booking_update', url: 'https://example.com/' } as const;
  return { ...newWebhook(CONNECTION, settings, [], new Date(0)), id: 'w', ...properties };
}
