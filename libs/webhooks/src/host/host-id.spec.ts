import { expect, it } from '@jest/globals';
import { hostIdProblem } from './host-answers.js';

it.each(['a', '1', 'a b', 'ä', 'x'.repeat(191)])('%j can be an id of the host', (id) => {
  expect(hostIdProblem(id)).toBeNull();
});

it.each([
  '',
  'x'.repeat(192),
  ' a',
  'a ',
  '\u00a0a',
  'a\u2003',
  'a\tb',
  'a\nb',
  'a\0b',
  '\u0085',
  1,
  null,
  undefined,
  ['a'],
])('%j cannot be an id of the host, and the problem says what can', (id) => {
  expect(hostIdProblem(id)).toBe(
    'must be a text of 1 to 191 characters, no control characters, and no space at either end',
  );
});
