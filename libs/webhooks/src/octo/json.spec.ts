import { expect, it } from '@jest/globals';
import { isJsonObject } from './json.js';

it.each([{}, { a: 1 }, Object.create(null)])('%j is a JSON object', (value) => {
  expect(isJsonObject(value)).toBe(true);
});

it.each([null, undefined, [], [{}], 'text', '', 0, true, () => null])('%p is no JSON object', (value) => {
  expect(isJsonObject(value)).toBe(false);
});
