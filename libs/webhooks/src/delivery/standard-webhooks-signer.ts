import { createHmac } from 'node:crypto';
import { signingKey } from '../subscriptions/signing-secret.js';

/**
 * The headers of Standard Webhooks 1.0.0 for one attempt.
 *
 * @param deliveryId the same over all attempts; receivers use it to drop duplicates
 * @param now the moment of this attempt, in ms
 * @param body exactly the bytes that go out
 */
export function signatureHeaders(
  deliveryId: string,
  now: number,
  body: Buffer,
  secret: string,
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(now / 1000));
  const signature = createHmac('sha256', signingKey(secret))
    .update(`${deliveryId}.${timestamp}.`)
    .update(body)
    .digest('base64');
  return { 'webhook-id': deliveryId, 'webhook-timestamp': timestamp, 'webhook-signature': `v1,${signature}` };
}
