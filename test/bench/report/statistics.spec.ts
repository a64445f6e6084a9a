import { expect, it } from '@jest/globals';
import { median, quantile } from './statistics.js';

it('takes the value in the middle as the median, and between two the mean', () => {
  expect(median([9, 1, 10])).toBe(9);
  expect(median([10, 1, 9, 2])).toBe(5.5);
  expect(median([3])).toBe(3);
});

it('takes as a quantile the least value that so large a share of all does not exceed', () => {
  const values = Array.from({ length: 200 }, (_, index) => 200 - index);
  expect(quantile(values, 0.99)).toBe(198);
  expect(quantile(values, 1)).toBe(200);
  expect(quantile(values, 0)).toBe(1);
  expect(quantile([5, 7], 0.5)).toBe(5);
  expect(quantile([1, 2, 3, 4], 0.6)).toBe(3);
});

it('refuses to tell anything of no values', () => {
  expect(() => median([])).toThrow(RangeError);
  expect(() => quantile([], 0.5)).toThrow(RangeError);
});

it('leaves the values in their order', () => {
  const values = [3, 1, 2];
  median(values);
  quantile(values, 0.5);
  expect(values).toEqual([3, 1, 2]);
});
