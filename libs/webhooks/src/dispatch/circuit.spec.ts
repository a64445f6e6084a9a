import { describe, expect, it } from '@jest/globals';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import { CircuitBreaker, circuitOpenMs } from './circuit.js';

const MINUTE = 60_000;
const defaults = resolveWebhooksOptions({}).circuit;

/** Whether the last of these attempts opens it: `x` failed, `.` succeeded, ` ` lets half a minute pass. */
function opens(attempts: string, options = defaults): boolean {
  const breaker = new CircuitBreaker(options);
  let now = Date.UTC(2026, 0, 1);
  let last = false;
  for (const attempt of attempts) {
    if (attempt === ' ') now += MINUTE / 2;
    else if (attempt === 'x') last = breaker.failed(now);
    else {
      breaker.succeeded(now);
      last = false;
    }
  }
  return last;
}

describe('CircuitBreaker', () => {
  it.each([
    ['x'.repeat(9), false],
    ['x'.repeat(10), true],
    [`${'x'.repeat(9)}.${'x'.repeat(9)}`, false],
    [`.${'x'.repeat(10)}`, true],
  ])('opens after 10 failures in a row: %s %p', (attempts, expected) => {
    expect(opens(attempts)).toBe(expected);
  });

  it('opens when 70 % of at least 20 attempts failed', () => {
    expect(opens('.....xxxxx' + '.xxxxxxxx')).toBe(false);
    expect(opens('.....xxxxx' + '.xxxxxxxxx')).toBe(true);
    expect(opens('......xxxxx' + '.xxxxxxxx')).toBe(false);
  });

  it('counts the attempts of the last 5 minutes only', () => {
    const before = '.....xxxxx';
    expect(opens(`${before}${' '.repeat(8)}.xxxxxxxxx`)).toBe(true);
    expect(opens(`${before}${' '.repeat(10)}.xxxxxxxxx`)).toBe(false);
  });

  it('judges anew after a reset', () => {
    const breaker = new CircuitBreaker(defaults);
    for (let count = 0; count < 9; count += 1) breaker.failed(0);
    breaker.reset();
    expect(breaker.failed(0)).toBe(false);
    breaker.succeeded(0);
    for (let count = 0; count < 8; count += 1) expect(breaker.failed(0)).toBe(false);
    breaker.succeeded(0);
    for (let count = 0; count < 8; count += 1) expect(breaker.failed(0)).toBe(false);
  });
});

describe('circuitOpenMs', () => {
  it('doubles with each opening, up to its limit', () => {
    const minutes = [0, 1, 2, 5, 6, 7, 2000].map((freeSlots) => circuitOpenMs(defaults, freeSlots) / MINUTE);
    expect(minutes).toEqual([0.5, 1, 2, 16, 30, 30, 30]);
  });
});
