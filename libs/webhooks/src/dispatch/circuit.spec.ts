import { describe, expect, it } from '@jest/globals';
import { resolveWebhooksOptions } from '../webhooks.options.js';
import { Circuit, CircuitBreaker } from './circuit.js';

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

  it('opens when 70 % of at least 20 attempts have failed', () => {
    expect(opens('.....xxxxx' + '.xxxxxxxx')).toBe(false);
    expect(opens('.....xxxxx' + '.xxxxxxxxx')).toBe(true);
    expect(opens('......xxxxx' + '.xxxxxxxx')).toBe(false);
  });

  it('counts the attempts of the last 5 minutes only', () => {
    const before = '.....xxxxx';
    expect(opens(`${before}${' '.repeat(8)}.xxxxxxxxx`)).toBe(true);
    expect(opens(`${before}${' '.repeat(10)}.xxxxxxxxx`)).toBe(false);
  });

  it('counts the window by tenths: attempts count until the tenth in which they were made has left it', () => {
    // Twenty attempts, of which fourteen have failed, if those at the beginning count.
    const openedAfter = (ms: number): boolean => {
      const breaker = new CircuitBreaker({ ...defaults, failuresInRow: 100 });
      for (let count = 0; count < 6; count += 1) breaker.succeeded(0);
      for (let count = 0; count < 13; count += 1) breaker.failed(MINUTE / 2 - 1);
      return breaker.failed(ms);
    };
    expect([0, 1, 5 * MINUTE - 1, 5 * MINUTE, 60 * MINUTE].map(openedAfter)).toEqual([true, true, true, false, false]);
  });

  it('counts an attempt in the tenth in which it was made, though others came before and after', () => {
    const breaker = new CircuitBreaker({ ...defaults, failuresInRow: 100, minimumAttempts: 3, failureRate: 1 });
    const tenth = MINUTE / 2;
    breaker.succeeded(0);
    breaker.failed(tenth);
    breaker.failed(2 * tenth);
    expect(breaker.failed(9 * tenth)).toBe(false);
    // The success has left the window, and three failures are left.
    expect(breaker.failed(10 * tenth)).toBe(true);
    // Two of them have left it, too.
    breaker.reset();
    breaker.failed(10 * tenth);
    breaker.failed(10 * tenth);
    expect(breaker.failed(20 * tenth)).toBe(false);
  });

  it('starts to count anew after a reset', () => {
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

describe('Circuit', () => {
  it('is open for twice as long each time, up to its limit', () => {
    const minutes = [0, 1, 2, 5, 6, 7, 2000].map(
      (openings) => new Circuit(defaults).openFailing(0, openings, 0) / MINUTE,
    );
    expect(minutes).toEqual([0.5, 1, 2, 16, 30, 30, 30]);
  });

  it('closes when a pause is over; after failures it waits for a probe', () => {
    const circuit = new Circuit(defaults);
    circuit.openOverloaded(0, MINUTE);
    expect([circuit.isOpen(MINUTE - 1), circuit.isOpen(MINUTE)]).toEqual([true, false]);
    circuit.openFailing(0, 0, 0);
    expect(circuit.isOpen(MINUTE * 1000)).toBe(true);
    circuit.beginProbe(MINUTE);
    expect(circuit.isOpen(0)).toBe(false);
  });

  it('keeps a pause to this process: it is not stored, and the stored state does not end it', () => {
    const circuit = new Circuit(defaults);
    circuit.openOverloaded(0, MINUTE);
    expect(circuit.isAhead).toBe(false);
    // Another process has opened a circuit and closed it again.
    circuit.seen(MINUTE);
    circuit.found(null);
    expect([circuit.isOpen(MINUTE - 1), circuit.isOpen(MINUTE)]).toEqual([true, false]);
  });

  it('keeps what it has counted while nobody has closed it', () => {
    const circuit = new Circuit(defaults);
    for (let count = 0; count < 9; count += 1) circuit.failed(0);
    circuit.found(null);
    expect(circuit.failed(0)).toBe(true);
    circuit.seen(MINUTE);
    circuit.found(MINUTE);
    expect(circuit.failed(0)).toBe(true);
  });

  it('is not closed by an older stored state before its closing is stored, nor opened', () => {
    const circuit = new Circuit(defaults);
    circuit.openFailing(0, 0, 0);
    circuit.seen(null);
    expect(circuit.isFailing).toBe(true);
    circuit.stored();
    circuit.close();
    circuit.seen(MINUTE);
    expect(circuit.isFailing).toBe(false);
    circuit.stored();
    circuit.seen(MINUTE);
    expect(circuit.isFailing).toBe(true);
  });

  it('starts to count anew when another process has closed it', () => {
    const circuit = new Circuit(defaults);
    for (let count = 0; count < 9; count += 1) circuit.failed(0);
    circuit.seen(MINUTE);
    circuit.found(null);
    expect(circuit.failed(0)).toBe(false);
  });
});
