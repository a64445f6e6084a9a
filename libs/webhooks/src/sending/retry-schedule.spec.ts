import { describe, expect, it } from '@jest/globals';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import { RetrySchedule } from './retry-schedule.js';

const DELAYS_MS = [1000, 60_000];

describe('RetrySchedule', () => {
  it.each([
    [1, 1000],
    [2, 60_000],
    [3, null],
    [4, null],
  ])('gives, after attempt %i of a list of two delays, %p', (attempts, expected) => {
    expect(new RetrySchedule({ delaysMs: DELAYS_MS, jitter: 0 }).delayAfter(attempts)).toBe(expected);
  });

  it('gives up after the first attempt when the list is empty', () => {
    expect(new RetrySchedule({ delaysMs: [], jitter: 0.2 }).delayAfter(1)).toBeNull();
  });

  it.each([
    [0, 800],
    [0.5, 1000],
    [1, 1200],
  ])('waits, with a jitter of 0.2 and the random number %d, %i instead of 1000 ms', (random, expected) => {
    expect(new RetrySchedule({ delaysMs: DELAYS_MS, jitter: 0.2 }, () => random).delayAfter(1)).toBe(expected);
  });

  it('spreads attempts that failed together over the whole range, in whole ms', () => {
    const schedule = new RetrySchedule({ delaysMs: DELAYS_MS, jitter: 0.5 });
    const delays = Array.from({ length: 200 }, () => schedule.delayAfter(2) ?? 0);
    for (const delay of delays) {
      expect(Number.isInteger(delay)).toBe(true);
      expect(delay).toBeGreaterThanOrEqual(30_000);
      expect(delay).toBeLessThanOrEqual(90_000);
    }
    expect(new Set(delays).size).toBeGreaterThan(100);
  });

  it('asks a function for each delay, and varies its answer', () => {
    const delaysMs = (attempts: number) => (attempts < 3 ? attempts * 1000 : null);
    const schedule = new RetrySchedule({ delaysMs, jitter: 0.2 }, () => 1);
    expect([1, 2, 3].map((attempts) => schedule.delayAfter(attempts))).toEqual([1200, 2400, null]);
  });

  it('follows Standard Webhooks by default: 10 attempts over 75 hours 35 minutes 5 seconds', () => {
    const schedule = new RetrySchedule(resolveWebhooksOptions({ retry: { jitter: 0 } }).retry);
    const delays: number[] = [];
    for (let delay = schedule.delayAfter(1); delay !== null; delay = schedule.delayAfter(delays.length + 1)) {
      delays.push(delay);
    }
    expect(delays.length + 1).toBe(10);
    expect(delays.reduce((sum, delay) => sum + delay, 0)).toBe(((75 * 60 + 35) * 60 + 5) * 1000);
  });
});
