import { describe, expect, it } from '@jest/globals';
import { InvalidOverlapError } from '../webhooks.errors.js';
import { rotatedSigningSecrets, signingSecretsFromJson, signingSecretsToJson } from './signing-secret-rotation.js';

const NOW = 1_000_000;
const first = [{ secret: 'one', expiresAt: null }];

describe('rotatedSigningSecrets', () => {
  it('puts the new secret first and lets the one before end after the overlap', () => {
    expect(rotatedSigningSecrets(first, 'two', 5000, NOW)).toEqual([
      { secret: 'two', expiresAt: null },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
  });

  it('never lengthens an earlier overlap, and shortens it to its own', () => {
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

  it('ends the others at once without an overlap', () => {
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
  it('come back in their order, and those whose time is over do not', () => {
    const json = signingSecretsToJson(rotatedSigningSecrets(first, 'two', 5000, NOW));
    expect(signingSecretsFromJson(json, NOW + 4999)).toEqual([
      { secret: 'two', expiresAt: null },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
    expect(signingSecretsFromJson(json, NOW + 5000)).toEqual([{ secret: 'two', expiresAt: null }]);
  });
});
