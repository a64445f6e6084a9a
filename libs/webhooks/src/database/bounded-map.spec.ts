import { expect, it } from '@jest/globals';
import { BoundedMap } from './bounded-map.js';

it('a BoundedMap holds so much, and forgets all when there is one more', () => {
  const map = new BoundedMap<string, number>(2);
  map.set('a', 1).set('b', 2).set('b', 3);
  expect([...map]).toEqual([
    ['a', 1],
    ['b', 3],
  ]);
  map.set('c', 4);
  expect([...map]).toEqual([['c', 4]]);
});
