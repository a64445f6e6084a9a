import { expect, it } from '@jest/globals';
import { backoffMs } from './backoff.js';

it('backoffMs doubles the first wait each time, up to the longest', () => {
  const waits = [0, 1, 2, 5, 6, 7, 2000].map((times) => backoffMs({ firstMs: 100, mostMs: 6400 }, times));
  expect(waits).toEqual([100, 200, 400, 3200, 6400, 6400, 6400]);
});
