import { describe, expect, it } from '@jest/globals';
import { rotatedSecrets, secretsFromJson, secretsToJson } from './secret-rotation.js';

const NOW = 1_000_000;
const first = [{ secret: 'one', expiresAt: null }];

describe('rotatedSecrets', () => {
  it('puts the new secret first and lets the one before end after the overlap', () => {
    expect(rotatedSecrets(first, 'two', 5000, NOW)).toEqual([
      { secret: 'two', expiresAt: null },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
  });

  it('never lengthens an earlier overlap, and shortens it to its own', () => {
    const twice = rotatedSecrets(rotatedSecrets(first, 'two', 5000, NOW), 'three', 9000, NOW + 1000);
    expect(twice).toEqual([
      { secret: 'three', expiresAt: null },
      { secret: 'two', expiresAt: new Date(NOW + 10_000) },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
    expect(rotatedSecrets(twice, 'four', 100, NOW)[2]).toEqual({ secret: 'two', expiresAt: new Date(NOW + 100) });
  });

  it('ends the others at once without an overlap', () => {
    expect(rotatedSecrets(first, 'two', 0, NOW)).toEqual([{ secret: 'two', expiresAt: null }]);
  });

  it('keeps a secret only once when it is given again', () => {
    expect(rotatedSecrets(first, 'one', 5000, NOW)).toEqual(first);
  });

  it.each([-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('refuses an overlap of %s ms', (overlapMs) => {
    expect(() => rotatedSecrets(first, 'two', overlapMs, NOW)).toThrow(RangeError);
  });
});

describe('Stored secrets', () => {
  it('come back in their order, and those whose time is over do not', () => {
    const json = secretsToJson(rotatedSecrets(first, 'two', 5000, NOW));
    expect(secretsFromJson(json, NOW + 4999)).toEqual([
      { secret: 'two', expiresAt: null },
      { secret: 'one', expiresAt: new Date(NOW + 5000) },
    ]);
    expect(secretsFromJson(json, NOW + 5000)).toEqual([{ secret: 'two', expiresAt: null }]);
  });
});
