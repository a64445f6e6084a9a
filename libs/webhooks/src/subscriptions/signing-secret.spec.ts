import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { InvalidOverlapError, InvalidSigningSecretError } from '../webhooks.errors.js';
import {
  generateSigningSecret,
  parseSigningSecret,
  rotatedSigningSecrets,
  signingPublicKey,
  signingSecretsFromJson,
  signingSecretsToJson,
} from './signing-secret.js';

/** The pair that the documentation of Svix prints. */
const PRIVATE_KEY = 'whsk_6Xb/dCcHpPea21PS1N9VY/NZW723CEc77N4rJCubMbfVKIDij2HKpMKkioLlX0dRqSKJp4AJ6p9lMicMFs6Kvg==';
const PUBLIC_KEY = 'whpk_1SiA4o9hyqTCpIqC5V9HUakiiaeACeqfZTInDBbOir4=';

const hmacOf = (bytes: number) => `whsec_${randomBytes(bytes).toString('base64')}`;

describe('generateSigningSecret', () => {
  it.each([
    ['hmac', /^whsec_[A-Za-z0-9+/]{43}=$/],
    ['ed25519', /^whsk_[A-Za-z0-9+/]{86}==$/],
  ] as const)('makes a secret for %s that can be parsed, a different one each time', (scheme, form) => {
    const secret = generateSigningSecret(scheme);
    expect(secret).toMatch(form);
    expect(parseSigningSecret(secret).scheme).toBe(scheme);
    expect(generateSigningSecret(scheme)).not.toBe(secret);
  });
});

describe('parseSigningSecret', () => {
  it.each([24, 25, 32, 64])('decodes a shared secret of %i bytes', (bytes) => {
    const secret = hmacOf(bytes);
    const { scheme, key } = parseSigningSecret(secret);
    expect(scheme).toBe('hmac');
    expect(`whsec_${key.export().toString('base64')}`).toBe(secret);
  });

  it.each([
    ['no prefix', randomBytes(32).toString('base64'), 'must begin with whsec_ or whsk_'],
    ['a public key', PUBLIC_KEY, 'must begin with whsec_ or whsk_'],
    ['nothing', '', 'must begin with whsec_ or whsk_'],
    ['the prefix alone', 'whsec_', 'it has 0 bytes, but must have 24 to 64'],
    ['a short secret', hmacOf(23), 'it has 23 bytes, but must have 24 to 64'],
    ['a long secret', hmacOf(65), 'it has 65 bytes, but must have 24 to 64'],
    ['a space', hmacOf(32).replace('_', '_ '), 'must be base64 with padding'],
    ['a missing padding', hmacOf(32).slice(0, -1), 'must be base64 with padding'],
    ['base64url', `whsec_${Buffer.alloc(32, 255).toString('base64url')}=`, 'must be base64 with padding'],
    ['a text', 'whsec_correct horse battery staple, and some more', 'must be base64 with padding'],
    ['a seed alone', `whsk_${randomBytes(32).toString('base64')}`, 'it has 32 bytes, but a private key must have 64'],
    ['a foreign public key', `whsk_${randomBytes(64).toString('base64')}`, 'its public key is not that of its seed'],
  ])('refuses %s, and shows nothing of the secret', (_, text, problem) => {
    const parsing = () => parseSigningSecret(text);
    expect(parsing).toThrow(InvalidSigningSecretError);
    expect(parsing).toThrow(problem);
    const rest = text.slice(text.indexOf('_') + 1);
    if (rest !== '') expect(parsing).not.toThrow(rest);
  });
});

describe('signingPublicKey', () => {
  it('gives the key with which receivers verify an Ed25519 signature', () => {
    expect(signingPublicKey(PRIVATE_KEY)).toBe(PUBLIC_KEY);
  });

  it('gives null for a shared secret', () => {
    expect(signingPublicKey(hmacOf(32))).toBeNull();
  });
});

const NOW = 1_000_000;
const first = [{ secret: 'one', expiresAt: null }];

describe('rotatedSigningSecrets', () => {
  it('puts the new secret first and lets the previous one end after the overlap', () => {
    expect(rotatedSigningSecrets(first, 'two', 5000, NOW)).toEqual([
      { secret: 'two', expiresAt: null },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
  });

  it('never extends an earlier overlap, but may shorten it to its own', () => {
    const twice = rotatedSigningSecrets(rotatedSigningSecrets(first, 'two', 5000, NOW), 'three', 9000, NOW + 1000);
    expect(twice).toEqual([
      { secret: 'three', expiresAt: null },
      { secret: 'two', expiresAt: new Date(NOW + 10_000) },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
    expect(rotatedSigningSecrets(twice, 'four', 100, NOW)[2]).toEqual({
      secret: 'two',
      expiresAt: new Date(NOW + 100),
    });
  });

  it('ends the other secrets at once without an overlap', () => {
    expect(rotatedSigningSecrets(first, 'two', 0, NOW)).toEqual([{ secret: 'two', expiresAt: null }]);
  });

  it('keeps a secret only once when it is given again', () => {
    expect(rotatedSigningSecrets(first, 'one', 5000, NOW)).toEqual(first);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses an overlap of %s ms', (overlapMs) => {
    expect(() => rotatedSigningSecrets(first, 'two', overlapMs, NOW)).toThrow(InvalidOverlapError);
  });
});

describe('Stored secrets', () => {
  it('are read in their order, without those that have expired', () => {
    const json = signingSecretsToJson(rotatedSigningSecrets(first, 'two', 5000, NOW));
    expect(signingSecretsFromJson(json, NOW + 4999)).toEqual([
      { secret: 'two', expiresAt: null },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
    expect(signingSecretsFromJson(json, NOW + 5000)).toEqual([{ secret: 'two', expiresAt: null }]);
  });

  it.each([
    'null',
    '{}',
    '"whsec_1"',
    '[null]',
    '["whsec_1"]',
    '[{"secret":"s"}]',
    '[{"secret":1,"expiresAt":null}]',
    '[1]',
    '[{"expiresAt":null}]',
    '[{"secret":"s","expiresAt":"1"}]',
    '[{"secret":"s","expiresAt":null},null]',
  ])('are refused when they are not a list of secrets: %s', (json) => {
    expect(() => signingSecretsFromJson(json, NOW)).toThrow(TypeError);
  });
});
