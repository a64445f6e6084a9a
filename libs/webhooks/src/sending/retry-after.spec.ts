import { describe, expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

const NOW = Date.UTC(2026, 10, 24, 12, 0, 0);

describe('retryAfterMs', () => {
  it.each([
    ['120', 120_000],
    ['0', 0],
    [' 5 ', 5000],
    ['99999999999', 99_999_999_999_000],
    ['Tue, 24 Nov 2026 12:00:30 GMT', 30_000],
    ['Tuesday, 24-Nov-26 12:00:30 GMT', 30_000],
    ['Tue Nov 24 12:00:30 2026', 30_000],
  ])('understands %j', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });

  it.each([
    [undefined],
    [''],
    ['-5'],
    ['1.5'],
    ['1e3'],
    ['5, 10'],
    ['soon'],
    ['2026-11-24T12:00:30Z'],
    ['Tue, 24 Nov 2026 11:59:59 GMT'],
    ['Tue, 99 Nov 2026 12:00:30 GMT'],
    ['Tue, 24 Foo 2026 12:00:30 GMT'],
  ])('takes %j for nothing', (value) => {
    expect(retryAfterMs(value, NOW)).toBeNull();
  });
});
