import { describe, expect, it } from '@jest/globals';
import { Webhook as Verifier } from 'standardwebhooks';
import { newSigningSecret } from '../subscriptions/signing-secret.js';
import { signatureHeaders } from './standard-webhooks-signer.js';

/** The verifier takes only what was signed in the last five minutes. */
const now = Date.now();
const secret = newSigningSecret();
const body = Buffer.from(JSON.stringify({ event: 'booking_update', note: 'Grüße 😀 \u2028' }));
const headers = signatureHeaders('msg_1', now, body, secret);

describe('signatureHeaders', () => {
  it('are verified by the reference library of Standard Webhooks', () => {
    expect(new Verifier(secret).verify(body, headers)).toEqual(JSON.parse(body.toString()));
  });

  it.each<[string, () => unknown]>([
    ['a tampered body', () => new Verifier(secret).verify(Buffer.from(body.toString().replace('😀', '😁')), headers)],
    ['the same JSON in other bytes', () => new Verifier(secret).verify(Buffer.from(`${body.toString()} `), headers)],
    ['another secret', () => new Verifier(newSigningSecret()).verify(body, headers)],
    ['another id', () => new Verifier(secret).verify(body, { ...headers, 'webhook-id': 'msg_2' })],
    [
      'another timestamp',
      () =>
        new Verifier(secret).verify(body, {
          ...headers,
          'webhook-timestamp': String(Number(headers['webhook-timestamp']) - 1),
        }),
    ],
  ])('are not verified with %s', (_, verify) => {
    expect(verify).toThrow('No matching signature found');
  });

  it('give the published example: "{id}.{timestamp}.{body}" by HMAC-SHA256 with the decoded secret', () => {
    // The values of the tests in the libraries of Standard Webhooks.
    const example = signatureHeaders(
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330 * 1000,
      Buffer.from('{"test": 2432232314}'),
      'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw',
    );
    expect(example).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    });
  });

  it('carry the timestamp in whole seconds, and a signature of its own for each attempt', () => {
    const later = signatureHeaders('msg_1', now + 1999, body, secret);
    expect(later['webhook-timestamp']).toBe(String(Math.floor((now + 1999) / 1000)));
    expect(later['webhook-id']).toBe(headers['webhook-id']);
    expect(later['webhook-signature']).not.toBe(headers['webhook-signature']);
  });
});
