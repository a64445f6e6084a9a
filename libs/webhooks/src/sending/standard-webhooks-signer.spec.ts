import { createPublicKey, verify } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { Webhook as Verifier } from 'standardwebhooks';
import { generateSigningSecret, parseSigningSecret, signingPublicKey } from '../subscriptions/signing-secret.js';
import { signatureHeaders } from './delivery-request.js';

/** The verifier takes only what was signed in the last five minutes. */
const now = Date.now();
const secret = generateSigningSecret('hmac');
const body = Buffer.from(JSON.stringify({ event: 'booking_update', note: 'Grüße 😀 \u2028' }));
const headers = signatureHeaders('msg_1', now, body, [parseSigningSecret(secret)]);

describe('signatureHeaders', () => {
  it('are verified by the reference library of Standard Webhooks', () => {
    expect(new Verifier(secret).verify(body, headers)).toEqual(JSON.parse(body.toString()));
  });

  it.each<[string, () => unknown]>([
    ['a tampered body', () => new Verifier(secret).verify(Buffer.from(body.toString().replace('😀', '😁')), headers)],
    ['the same JSON in other bytes', () => new Verifier(secret).verify(Buffer.from(`${body.toString()} `), headers)],
    ['another secret', () => new Verifier(generateSigningSecret('hmac')).verify(body, headers)],
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

  it.each([
    // The values of the tests in the libraries of Standard Webhooks, and of Svix for Ed25519.
    ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE='],
    [
      'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==',
      'v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5BdqzCInXqYXFymVJaA7AZdpXwVLPo3mNl8EM+m7TBAg==',
    ],
  ])('give the published example of "{id}.{timestamp}.{body}" for %s', (published, signature) => {
    const example = signatureHeaders(
      'msg_p5jXN8AQM9LWM0D4loKWxJek',
      1614265330 * 1000,
      Buffer.from('{"test": 2432232314}'),
      [parseSigningSecret(published)],
    );
    expect(example).toEqual({
      'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
      'webhook-timestamp': '1614265330',
      'webhook-signature': signature,
    });
  });

  it('have the timestamp in whole seconds, and a different signature for each attempt', () => {
    const later = signatureHeaders('msg_1', now + 1999, body, [parseSigningSecret(secret)]);
    expect(later['webhook-timestamp']).toBe(String(Math.floor((now + 1999) / 1000)));
    expect(later['webhook-id']).toBe(headers['webhook-id']);
    expect(later['webhook-signature']).not.toBe(headers['webhook-signature']);
  });
});

describe('signatureHeaders with several keys', () => {
  const older = generateSigningSecret('hmac');
  const both = signatureHeaders('msg_1', now, body, [secret, older].map(parseSigningSecret));

  it.each([
    ['the new', secret],
    ['the old', older],
  ])('are verified by a receiver that has %s secret', (_, known) => {
    expect(() => new Verifier(known).verify(body, both)).not.toThrow();
  });

  it('are not verified with a third secret', () => {
    expect(() => new Verifier(generateSigningSecret('hmac')).verify(body, both)).toThrow('No matching signature found');
  });

  it('have a signature by each key, the newest first, separated by a space', () => {
    const alone = [secret, older].map(
      (one) => signatureHeaders('msg_1', now, body, [parseSigningSecret(one)])['webhook-signature'],
    );
    expect(both['webhook-signature']).toBe(alone.join(' '));
  });

  it('sign with Ed25519 beside HMAC: each receiver verifies its own', () => {
    const privateKey = generateSigningSecret('ed25519');
    const mixed = signatureHeaders('msg_1', now, body, [privateKey, secret].map(parseSigningSecret));
    expect(() => new Verifier(secret).verify(body, mixed)).not.toThrow();

    const [scheme, signature = ''] = mixed['webhook-signature'].split(' ')[0]?.split(',') ?? [];
    const x = Buffer.from(signingPublicKey(privateKey)?.slice('whpk_'.length) ?? '', 'base64').toString('base64url');
    const publicKey = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
    const verified = (text: string) => verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64'));
    expect(scheme).toBe('v1a');
    expect(verified(`msg_1.${mixed['webhook-timestamp']}.${body.toString()}`)).toBe(true);
    expect(verified(`msg_2.${mixed['webhook-timestamp']}.${body.toString()}`)).toBe(false);
  });
});
