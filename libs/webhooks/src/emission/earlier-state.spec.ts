import { describe, expect, it } from '@jest/globals';
import { earlierStateText, wholeState } from './event-row.js';
import type { EarlierState } from './webhook-event.entity.js';
import type { JsonObject } from '../octo/json.js';

/** Both states as they are read back from the database. */
function stored(before: object, after: object): { earlier: EarlierState; after: JsonObject } {
  return {
    earlier: JSON.parse(earlierStateText(before, after)) as EarlierState,
    after: JSON.parse(JSON.stringify(after)) as JsonObject,
  };
}

describe('An earlier state', () => {
  it('holds only its differences from the later one', () => {
    const before = { id: 'a', status: 'ON_HOLD', notes: null, units: [{ id: 1 }], expires: '2026-05-04' };
    const after = { id: 'a', status: 'CONFIRMED', notes: null, units: [{ id: 1 }], confirmed: '2026-05-03' };
    expect(stored(before, after).earlier).toEqual({
      had: { status: 'ON_HOLD', expires: '2026-05-04' },
      lacked: ['confirmed'],
    });
  });

  it('leaves out a member that is the same object, without looking into it', () => {
    let looks = 0;
    const units = { toJSON: () => (looks += 1) };
    const { earlier } = stored({ units, status: 'ON_HOLD' }, { units, status: 'CONFIRMED' });
    expect(earlier).toEqual({ had: { status: 'ON_HOLD' }, lacked: [] });
    // Once, to store the later state.
    expect(looks).toBe(1);
  });

  it.each<[string, object, object]>([
    ['with the same', { a: 1, b: [1] }, { a: 1, b: [1] }],
    ['with other values', { a: 1, b: { c: [1, { d: null }] } }, { a: 2, b: { c: [1, { d: 0 }] } }],
    ['with members that the later one lacks', { a: 1, b: null }, { a: 1 }],
    ['without members that the later one has', { a: 1 }, { a: 1, b: null, c: 2 }],
    ['that is empty', {}, { a: 1 }],
    ['before an empty one', { a: 1 }, {}],
    ['with null where the later one has nothing', { a: null }, { b: null }],
    ['with values that JSON has no text for', { a: undefined, b: () => 1, c: 1 }, { a: 1, b: undefined, c: NaN }],
    ['with a date', { at: new Date(0) }, { at: new Date(1) }],
    ['with names that mean something to JavaScript', JSON.parse('{"__proto__":{"a":1},"constructor":1}'), { 1: 'a' }],
    ['with names and texts of every kind', { '"\\\n': '\u2028"', é: '😀' }, { '"\\\n': '', é: '\ud800' }],
  ])('%s is whole again with the later one', (_, before, after) => {
    const { earlier, after: later } = stored(before, after);
    expect(later).toEqual(JSON.parse(JSON.stringify(after)));
    expect(wholeState(earlier, later)).toEqual(JSON.parse(JSON.stringify(before)));
  });
});

describe('The whole of an earlier state', () => {
  it('shares no object with the later one', () => {
    const { earlier, after } = stored({ a: { b: 1 }, c: 1 }, { a: { b: 1 }, c: 2 });
    const whole = wholeState(earlier, after);
    (after['a'] as JsonObject)['b'] = 2;
    expect(whole).toEqual({ a: { b: 1 }, c: 1 });
  });
});
