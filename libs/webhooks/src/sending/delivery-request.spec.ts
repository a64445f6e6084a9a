import { describe, expect, it } from '@jest/globals';
import { Webhook as Verifier } from 'standardwebhooks';
import { webhookWith } from '../../../../test/support/webhook.js';
import { generateSigningSecret } from '../subscriptions/signing-secret.js';
import type { Webhook } from '../subscriptions/webhook.js';
import { deliveryRequest } from './delivery-request.js';

const SHARED = {
  event: 'booking_update',
  supplier: { id: 's-1', name: 'Straße 😀 \u2028' },
  booking: { uuid: 'b-1', status: 'CONFIRMED' },
  diff: [{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }],
};

function webhook(properties: Partial<Webhook> = {}): Webhook {
  return webhookWith({
    url: 'https://example.com/hook?a=1',
    capabilities: ['octo/pricing'],
    headers: { 'X-Partner': 'p-1' },
    ...properties,
  });
}

function request(properties: Partial<Webhook> = {}) {
  return deliveryRequest(
    { id: 'd-1', eventId: 'e-1', sharedBody: Buffer.from(JSON.stringify(SHARED)) },
    webhook(properties),
    Date.now(),
  );
}

function basic(credentials: string): string {
  return `Basic ${Buffer.from(credentials).toString('base64')}`;
}

describe('The body of a delivery', () => {
  const { id, event, url, capabilities, useContactLanguage, headers, retryOnError, active } = webhook();
  const whole = {
    event,
    webhook: { id, event, url, capabilities, useContactLanguage, headers, retryOnError, active },
    supplier: SHARED.supplier,
    booking: SHARED.booking,
    diff: SHARED.diff,
  };

  it('is the JSON text of the whole: event, webhook, supplier, the object, diff, in this order', () => {
    const text = request().body.toString();
    expect(text).toBe(JSON.stringify(whole));
    expect(Object.keys(JSON.parse(text) as object)).toEqual(['event', 'webhook', 'supplier', 'booking', 'diff']);
  });

  it('has only OCTO’s fields of the webhook: no secret, no connection', () => {
    const body = JSON.parse(request().body.toString()) as typeof whole;
    expect(Object.keys(body.webhook)).toEqual(Object.keys(whole.webhook));
  });
});

describe('The headers of a delivery', () => {
  it('sign exactly the bytes of the body, under the id of the delivery', () => {
    const signed = webhook();
    const { headers, body } = deliveryRequest(
      { id: 'd-1', eventId: 'e-1', sharedBody: Buffer.from(JSON.stringify(SHARED)) },
      signed,
      Date.now(),
    );
    expect(() => new Verifier(signed.signingSecret).verify(body, headers)).not.toThrow();
    expect(headers['webhook-id']).toBe('d-1');
  });

  it('sign with each secret that is valid now, the newest first', () => {
    const [newest, earlier] = [generateSigningSecret('hmac'), generateSigningSecret('hmac')];
    const signingSecrets = [newest, earlier].map((secret) => ({ secret, expiresAt: null }));
    const { headers, body } = request({ signingSecrets });
    const [first, second, ...others] = (headers['webhook-signature'] ?? '').split(' ');
    expect(others).toEqual([]);
    for (const [secret, signature] of Object.entries({ [newest]: first, [earlier]: second })) {
      const signed = { ...headers, 'webhook-signature': signature ?? '' };
      expect(() => new Verifier(secret).verify(body, signed)).not.toThrow();
    }
  });

  it('are those of the library and those of the webhook, all in lower case', () => {
    expect(request().headers).toEqual({
      'user-agent': 'nestjs-octo-webhooks',
      'accept-encoding': 'identity',
      'content-type': 'application/json',
      'octo-record-state': 'e-1',
      'x-partner': 'p-1',
      'webhook-id': 'd-1',
      'webhook-timestamp': expect.stringMatching(/^\d+$/),
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
  });

  it('let a webhook choose its own User-Agent', () => {
    expect(request({ headers: { 'User-Agent': 'partner' } }).headers['user-agent']).toBe('partner');
  });

  it.each(['Content-Type', 'WEBHOOK-ID', 'Webhook-Timestamp', 'webhook-signature', 'Accept-Encoding'])(
    'keep %s as it is, even if a stored webhook names it',
    (name) => {
      const headers = request({ headers: { [name]: 'forged' } }).headers;
      expect(Object.values(headers)).not.toContain('forged');
      expect(Object.keys(headers)).toContain(name.toLowerCase());
    },
  );
});

describe('Credentials in the URL (OCTO: https://user:pass@host/path is supported)', () => {
  it.each([
    ['https://user:pass@example.com/hook', 'user:pass'],
    ['https://user@example.com/hook', 'user:'],
    ['https://:pass@example.com/hook', ':pass'],
    ['https://us%40er:p%3Aa%2Fs%25s@example.com/hook', 'us@er:p:a/s%s'],
    ['https://us%C3%A9r:p%C3%A4ss@example.com/hook', 'usér:päss'],
    ['https://usér:päss@example.com/hook', 'usér:päss'],
    ['https://user:p:a@ss@example.com/hook', 'user:p:a@ss'],
    // Malformed percent sequences stay as they are: the URL standard accepts them.
    ['https://us%er:p@example.com/hook', 'us%er:p'],
    ['https://user:100%@example.com/hook', 'user:100%'],
    ['https://user:%zz%40@example.com/hook', 'user:%zz@'],
  ])('%s become basic authentication (RFC 7617) as %s', (url, credentials) => {
    expect(request({ url })).toMatchObject({
      url: 'https://example.com/hook',
      headers: { authorization: basic(credentials) },
    });
  });

  it('give way to the webhook’s own Authorization header, and are still not sent in the URL', () => {
    const own = request({ url: 'https://user:pass@example.com/hook', headers: { Authorization: 'Bearer t' } });
    expect(own).toMatchObject({ url: 'https://example.com/hook', headers: { authorization: 'Bearer t' } });
  });

  it('are not invented when there are none', () => {
    expect(request().headers).not.toHaveProperty('authorization');
    expect(request().url).toBe('https://example.com/hook?a=1');
  });
});
