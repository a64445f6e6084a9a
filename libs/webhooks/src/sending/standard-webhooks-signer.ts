import { createHmac, sign } from 'node:crypto';
import type { SigningKey } from '../subscriptions/signing-secret.js';

/**
 * The headers of Standard Webhooks 1.0.0 for one attempt. With several keys, as during a rotation of the signing
 * secret, each adds a signature. A receiver accepts any that it can verify.
 *
 * @param deliveryId the same in all attempts. Receivers use it to drop duplicates
 * @param now the moment of this attempt, in ms
 * @param body exactly the bytes that are sent
 * @param keys at least one, the newest first
 */
export function signatureHeaders(
  deliveryId: string,
  now: number,
  body: Buffer,
  keys: readonly SigningKey[],
): Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string> {
  const timestamp = String(Math.floor(now / 1000));
  const signatures = keys.map((key) => signature(`${deliveryId}.${timestamp}.`, body, key));
  return { 'webhook-id': deliveryId, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

/** Signs head and body as one text. */
function signature(head: string, body: Buffer, { scheme, key }: SigningKey): string {
  return scheme === 'hmac'
    ? `v1,${createHmac('sha256', key).update(head).update(body).digest('base64')}`
    : `v1a,${sign(null, Buffer.concat([Buffer.from(head), body]), key).toString('base64')}`;
}
