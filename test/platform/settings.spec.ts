import { randomBytes } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { InvalidSettingError, readSettings } from '../../apps/booking-platform/src/settings.js';

const [K1, K2] = [32, 32].map((bytes) => randomBytes(bytes).toString('base64')) as [string, string];

describe('WEBHOOKS_ENCRYPTION_KEYS', () => {
  const keys = (value: string) => readSettings({ WEBHOOKS_ENCRYPTION_KEYS: value }).webhooks.encryption?.keys;

  it('without a value there are no keys', () => {
    expect(readSettings({}).webhooks.encryption).toEqual({ keys: [] });
    expect(keys(' ')).toEqual([]);
  });

  it.each([
    [`k1:${K1}`, [{ id: 'k1', key: K1 }]],
    [
      `k2:${K2},k1:${K1}`,
      [
        { id: 'k2', key: K2 },
        { id: 'k1', key: K1 },
      ],
    ],
    [`2026-11.a_b:${K1}`, [{ id: '2026-11.a_b', key: K1 }]],
    [
      ` k2:${K2} , k1:${K1} `,
      [
        { id: 'k2', key: K2 },
        { id: 'k1', key: K1 },
      ],
    ],
  ])('keys keep their order: %s', (value, expected) => {
    expect(keys(value)).toEqual(expected);
  });

  it.each([
    [K1, 'entry 1 has no colon'],
    [`k2:${K2},`, 'entry 2 has no colon'],
    [`:${K1}`, 'entry 1 has a malformed id'],
    [`k 1:${K1}`, 'entry 1 has a malformed id'],
    [`${'k'.repeat(65)}:${K1}`, 'entry 1 has a malformed id'],
    [`k1:${K1}:${K2}`, 'entry 1 has a key that is not base64'],
    [`k1:${K1.slice(0, -2)}-_`, 'entry 1 has a key that is not base64'],
    ['k1:', 'entry 1 has a key that is not base64'],
    [`k2:${K2},k1:${randomBytes(16).toString('base64')}`, 'entry 2 has a key of 16 bytes'],
    [`k1:${randomBytes(32).toString('hex')}`, 'entry 1 has a key of 48 bytes'],
    [`k1:${K1},k2:${K2},k1:${K2}`, 'entry 3 has the same id as another'],
  ])('an entry that cannot be used is named, and nothing of it is shown: %s', (value, problem) => {
    const reading = () => readSettings({ WEBHOOKS_ENCRYPTION_KEYS: value });
    expect(reading).toThrow(InvalidSettingError);
    expect(reading).toThrow(
      /^WEBHOOKS_ENCRYPTION_KEYS cannot be used: it must be a comma-separated list of id:key, .*32 bytes in base64/,
    );
    expect(reading).toThrow(problem);
    for (const secret of value.split(/[:,]/).filter((part) => part.length > 8)) {
      expect(reading).not.toThrow(secret.slice(0, 8));
    }
  });
});

describe('WEBHOOKS_DISPATCH', () => {
  it.each([
    [undefined, true],
    ['true', true],
    ['false', false],
  ])('%s means %s', (value, enabled) => {
    expect(readSettings({ WEBHOOKS_DISPATCH: value }).webhooks.dispatch).toEqual({ enabled });
  });

  it('it is kept beside the interval of polls', () => {
    const { dispatch } = readSettings({ WEBHOOKS_DISPATCH: 'false', WEBHOOKS_POLL_MS: '50' }).webhooks;
    expect(dispatch).toEqual({ enabled: false, pollMs: 50 });
  });

  it('it must be true or false', () => {
    expect(() => readSettings({ WEBHOOKS_DISPATCH: 'off' })).toThrow(
      'WEBHOOKS_DISPATCH is "off", but must be true or false.',
    );
  });
});
