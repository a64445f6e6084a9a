import { createHmac, sign } from 'node:crypto';
import { unescape } from 'node:querystring';
import { redactor, secretValuesOf } from '../secrets/redaction.js';
import { parseSigningSecret, type SigningKey } from '../subscriptions/signing-secret.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { toOctoWebhook } from '../subscriptions/webhook.mapper.js';
import type { WebhookRequest } from './transport/webhook-transport.js';

const USER_AGENT = 'nestjs-octo-webhooks';
/**
 * The header that names the state that a delivery carries. A partner may send it back when it triggers a delivery, as
 * `orderRecordState` or `productRecordState`, to get the diff against that state.
 */
const RECORD_STATE_HEADER = 'octo-record-state';
const COMMA = 0x2c;

/** The parts that all requests to a webhook share. */
interface RequestEnvelope {
  /** Without credentials. */
  readonly url: string;
  /** The headers that do not depend on the delivery, with lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  /** The webhook's own part of the body: `"webhook":{…},`. */
  readonly ownBody: Buffer;
  readonly keys: readonly SigningKey[];
  /** Hides the webhook's secrets in a text. */
  readonly redact: (text: string) => string;
}

const envelopes = new WeakMap<Webhook, RequestEnvelope>();

/**
 * Makes the request of one attempt. The stored part of the body is joined, not parsed, so every attempt sends the same
 * bytes.
 *
 * @param delivery its `sharedBody` must be JSON text that begins with `{"event":"…",`
 * @param now the moment of this attempt, in ms
 * @throws InvalidSigningSecretError when the webhook's stored signing secret cannot sign
 */
export function deliveryRequest(
  delivery: { readonly id: string; readonly eventId: string; readonly sharedBody: Buffer },
  webhook: Webhook,
  now: number,
): WebhookRequest {
  const { sharedBody } = delivery;
  const { url, headers, ownBody, keys } = envelopeOf(webhook);
  const afterEvent = sharedBody.indexOf(COMMA) + 1;
  const body = Buffer.concat([sharedBody.subarray(0, afterEvent), ownBody, sharedBody.subarray(afterEvent)]);
  return {
    url,
    // A spread would make V8 take 30 times as long to add the other names.
    headers: Object.assign(
      {},
      headers,
      { [RECORD_STATE_HEADER]: delivery.eventId },
      signatureHeaders(delivery.id, now, body, keys),
    ),
    body,
  };
}

/**
 * The envelope of a webhook, made once each time that the webhook is loaded.
 *
 * @throws InvalidSigningSecretError
 */
export function envelopeOf(webhook: Webhook): RequestEnvelope {
  let envelope = envelopes.get(webhook);
  if (envelope === undefined) {
    envelope = newEnvelope(webhook);
    envelopes.set(webhook, envelope);
  }
  return envelope;
}

function newEnvelope(webhook: Webhook): RequestEnvelope {
  let redact: RequestEnvelope['redact'] | null = null;
  const { url, authorization } = withoutCredentials(webhook.url);
  return {
    url,
    headers: {
      'user-agent': USER_AGENT,
      ...(authorization === null ? {} : { authorization }),
      ...lowerCaseNames(webhook.headers),
      'accept-encoding': 'identity',
      'content-type': 'application/json',
    },
    ownBody: Buffer.from(`"webhook":${JSON.stringify(toOctoWebhook(webhook))},`),
    keys: webhook.signingSecrets.map(({ secret }) => parseSigningSecret(secret)),
    redact: (text) => {
      if (text === '') return text;
      // Most answers are empty, and what is to be hidden may take much memory.
      redact ??= redactor(secretValuesOf(webhook));
      return redact(text);
    },
  };
}

/**
 * `https://user:pass@host/` becomes basic authentication, because credentials must not appear in a request line or a
 * log.
 */
function withoutCredentials(text: string): { url: string; authorization: string | null } {
  const url = new URL(text);
  if (url.username === '' && url.password === '') return { url: url.href, authorization: null };
  // Like URL, and unlike decodeURIComponent(), unescape() leaves a malformed `%` as it is.
  const credentials = `${unescape(url.username)}:${unescape(url.password)}`;
  url.username = '';
  url.password = '';
  return { url: url.href, authorization: `Basic ${Buffer.from(credentials).toString('base64')}` };
}

function lowerCaseNames(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

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
