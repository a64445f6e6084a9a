import { describe, expect, it } from '@jest/globals';
import { OctoError } from '../../octo/octo-error.js';
import { refuseDeep } from './nesting.js';

const nested = (levels: number, [open, close]: readonly [string, string]): unknown =>
  JSON.parse(`${open.repeat(levels)}1${close.repeat(levels)}`);
const LISTS = ['[', ']'] as const;
const OBJECTS = ['{"a":', '}'] as const;

describe('A body', () => {
  it.each([LISTS, OBJECTS])('may have 32 levels of %j', (...brackets) => {
    expect(() => refuseDeep('body', nested(32, brackets))).not.toThrow();
  });

  it.each([LISTS, OBJECTS])('with one level more of %j is refused', (...brackets) => {
    const check = () => refuseDeep('body', nested(33, brackets));
    expect(check).toThrow('The body must not be nested more than 32 levels deep.');
    expect(check).toThrow(OctoError);
    expect(check).toThrow(expect.objectContaining({ code: 'BAD_REQUEST' }));
  });

  it('with so many levels that they would exhaust the stack is refused, wherever they are', () => {
    const deep = nested(100_000, LISTS);
    for (const value of [deep, { shallow: [], headers: deep }, [null, [], deep]]) {
      expect(() => refuseDeep('query', value)).toThrow('The query must not be nested more than 32 levels deep.');
    }
  });

  it.each([undefined, null, 'text', 1, {}, [], { list: [null, 'text', {}] }])('%j is not refused', (value) => {
    expect(() => refuseDeep('body', value)).not.toThrow();
  });
});
