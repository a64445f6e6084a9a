import type { WebhookRow } from './webhook.entity.js';

/** What the dispatcher learns of a webhook's endpoint. It alone writes it, but for `HEALTHY`. */
export type WebhookHealth = Pick<
  WebhookRow,
  'deactivatedAt' | 'deactivationReason' | 'failingSince' | 'circuitOpenUntil' | 'circuitOpenings'
>;

/** Nothing bad is known of the endpoint: it is new, or has been given another chance. */
export const HEALTHY: WebhookHealth = {
  deactivatedAt: null,
  deactivationReason: null,
  failingSince: null,
  circuitOpenUntil: null,
  circuitOpenings: 0,
};
