import { describe, expect, it, jest } from '@jest/globals';
import { validate, version } from 'uuid';
import { newId } from './ids.js';

describe('newId', () => {
  it('gives a different UUIDv7 each time', () => {
    const ids = Array.from({ length: 10_000 }, () => newId());
    expect(new Set(ids).size).toBe(ids.length);
    // They must not share their random bytes either.
    expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length);
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  });

  it('gives ids in ascending order, within a millisecond too', () => {
    const ids = Array.from({ length: 10_000 }, () => newId());
    expect(ids).toEqual(ids.toSorted());
  });

  it('gives ids in ascending order when the clock is set back', () => {
    const before = newId();
    const now = jest.spyOn(Date, 'now').mockReturnValue(0);
    const after = [newId(), newId()];
    now.mockRestore();
    expect([before, ...after]).toEqual([before, ...after].toSorted());
    expect(new Set(after).size).toBe(2);
  });

  it('puts the time into the id', () => {
    const before = Date.now();
    const at = parseInt(newId().replace('-', '').slice(0, 12), 16);
    expect(at).toBeGreaterThanOrEqual(before);
    expect(at).toBeLessThanOrEqual(Date.now());
  });
});
