import { describe, expect, it } from '@jest/globals';
import { validate, version } from 'uuid';
import { newId } from './new-id.js';

describe('newId', () => {
  it('gives a UUIDv7 that was never given before', () => {
    const ids = Array.from({ length: 10_000 }, () => newId());
    expect(new Set(ids).size).toBe(ids.length);
    // Nor do they share the bytes that are to be random.
    expect(new Set(ids.map((id) => id.slice(-12))).size).toBe(ids.length);
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
  });

  it('sorts by time', async () => {
    const before = newId();
    await new Promise((resolve) => setTimeout(resolve, 2));
    expect(before < newId()).toBe(true);
  });
});
