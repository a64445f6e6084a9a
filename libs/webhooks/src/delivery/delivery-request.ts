import { unescape } from 'node:querystring';
import { toOctoWebhook } from '../subscriptions/octo-webhook.mapper.js';
import { parseSigningSecret } from '../subscriptions/signing-secret.js';
import type { Webhook } from '../subscriptions/webhook.js';
import type { ClaimedDelivery } from './queue/claimed-delivery.js';
import { signatureHeaders } from './standard-webhooks-signer.js';
import type { WebhookRequest } from './transport/webhook-transport.js';

const USER_AGENT = 'nestjs-octo-webhooks';

/**
 * The header that names the state of the object that a delivery carries. A partner may send it back when triggering a
 * delivery, as `orderRecordState` or `productRecordState`, to have the diff computed against that state.
 */
const RECORD_STATE_HEADER = 'octo-record-state';

/**
 * Makes the request of one attempt. The stored part of the body is joined, not parsed: every attempt sends the same bytes.
 *
 * @param delivery its `sharedBody` is JSON text that begins with `{"event":"…",`: the part that all deliveries of the
 * payload share
 * @param now the moment of this attempt, in ms
 */
export function deliveryRequest(
  delivery: Pick<ClaimedDelivery, 'id' | 'eventId' | 'sharedBody'>,
  webhook: Webhook,
  now: number,
): WebhookRequest {
  const { sharedBody } = delivery;
  const afterEvent = sharedBody.indexOf(',') + 1;
  const own = `"webhook":${JSON.stringify(toOctoWebhook(webhook))},`;
  const body = Buffer.from(sharedBody.slice(0, afterEvent) + own + sharedBody.slice(afterEvent));
  const { url, authorization } = withoutCredentials(webhook.url);
  const keys = webhook.secrets.map(({ secret }) => parseSigningSecret(secret));
  const headers = {
    'user-agent': USER_AGENT,
    ...(authorization === null ? {} : { authorization }),
    ...lowerCaseNames(webhook.headers),
    'accept-encoding': 'identity',
    'content-type': 'application/json',
    [RECORD_STATE_HEADER]: delivery.eventId,
    ...signatureHeaders(delivery.id, now, body, keys),
  };
  return { url, headers, body };
}

/** `https://user:pass@host/` becomes basic authentication: credentials must not show up in a request line or a log. */
function withoutCredentials(text: string): { url: string; authorization: string | null } {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { url: url.href, authorization: null };
  // Unlike decodeURIComponent(), unescape() takes a malformed `%` as it stands, as URL does.
  const credentials = `${unescape(url.username)}:${unescape(url.password)}`;
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}
