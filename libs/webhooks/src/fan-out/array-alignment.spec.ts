import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { JsonValue } from '../octo/json.js';
import { alignArrays } from './diff.js';

/** The alignment in short: `kept` as [old element, new index]. */
function aligned(before: JsonValue[], after: JsonValue[]) {
  const { kept, removed, added } = alignArrays(before, after);
  return {
    kept: kept.map(({ was, index }) => [before.indexOf(was), index]),
    removed: removed.map(({ index }) => index),
    added: added.map(({ index }) => index),
  };
}

describe('alignArrays', () => {
  it.each<[string, JsonValue[], JsonValue[], ReturnType<typeof aligned>]>([
    ['nothing', [], [], { kept: [], removed: [], added: [] }],
    [
      'equal scalars',
      ['a', 'b'],
      ['a', 'b'],
      {
        kept: [
          [0, 0],
          [1, 1],
        ],
        removed: [],
        added: [],
      },
    ],
    [
      'a scalar that was put in front',
      ['a', 'b'],
      ['c', 'a', 'b'],
      {
        kept: [
          [0, 1],
          [1, 2],
        ],
        removed: [],
        added: [0],
      },
    ],
    [
      'the same uuid, whatever else has changed',
      [
        { uuid: 'p', n: 1 },
        { uuid: 'q', n: 1 },
      ],
      [{ uuid: 'q', n: 2 }],
      { kept: [[1, 0]], removed: [0], added: [] },
    ],
    [
      'another id at the same place: another thing, not a changed one',
      [{ id: 'adult', n: 1 }],
      [{ id: 'child', n: 1 }],
      { kept: [], removed: [0], added: [0] },
    ],
    [
      'the same text under another identity key: another thing',
      [{ id: 'p' }],
      [{ code: 'p' }],
      { kept: [], removed: [0], added: [0] },
    ],
    [
      'elements without identity by place',
      [{ n: 1 }, { n: 2 }],
      [{ n: 3 }],
      { kept: [[0, 0]], removed: [1], added: [] },
    ],
    [
      'elements without identity by place only between those that match',
      ['x', 'a', 'y'],
      ['a', 'z', 'w'],
      {
        kept: [
          [1, 0],
          [2, 1],
        ],
        removed: [0],
        added: [2],
      },
    ],
    [
      'a thing without identity never becomes one with',
      [{ n: 1 }],
      [{ id: 'p' }],
      { kept: [], removed: [0], added: [0] },
    ],
    [
      'a move as a removal and an addition',
      [{ id: 'p' }, { id: 'q' }, { id: 'r' }],
      [{ id: 'q' }, { id: 'r' }, { id: 'p' }],
      {
        kept: [
          [1, 0],
          [2, 1],
        ],
        removed: [0],
        added: [2],
      },
    ],
  ])('takes %s', (_, before, after, expected) => {
    expect(aligned(before, after)).toEqual(expected);
  });

  it('accounts for each old and each new element exactly once and keeps their order', () => {
    const element = fc.oneof(
      fc.constantFrom<JsonValue[]>('a', 'b', null, 1),
      fc.record({ id: fc.constantFrom('p', 'q', 'r'), n: fc.nat(1) }),
      fc.record({ n: fc.nat(1) }),
    );
    fc.assert(
      fc.property(fc.array(element, { maxLength: 8 }), fc.array(element, { maxLength: 8 }), (before, after) => {
        const { kept, removed, added } = alignArrays(before, after);
        const gone = new Set(removed.map(({ index }) => index));
        const come = new Set(added.map(({ index }) => index));
        expect(kept.map(({ was }) => was)).toEqual(before.filter((_, index) => !gone.has(index)));
        expect(kept.map(({ index }) => index)).toEqual([...after.keys()].filter((index) => !come.has(index)));
        kept.forEach(({ index, value }) => expect(value).toBe(after[index]));
        removed.forEach(({ index, element: was }) => expect(was).toBe(before[index]));
        added.forEach(({ index, element: value }) => expect(value).toBe(after[index]));
      }),
    );
  });

  it('keeps the most elements that can be kept in order', () => {
    const { kept } = aligned(['a', 'b', 'c', 'd', 'e'], ['e', 'b', 'x', 'd', 'a']);
    expect(kept).toEqual(
      expect.arrayContaining([
        [1, 1],
        [3, 3],
      ]),
    );
  });
});
