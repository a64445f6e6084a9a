import { describe, expect, it } from '@jest/globals';
import { TextSearch } from './text-search.js';

/** The longest words that end in a text, each with the index where it ends. */
function found(words: readonly string[], text: string): [end: number, length: number][] {
  const { lengths } = new TextSearch(words).find(text);
  return [...lengths.entries()].filter(([, length]) => length > 0);
}

const begun = (words: readonly string[], text: string) => new TextSearch(words).find(text).begun;

describe('A search for words', () => {
  it.each<[words: string[], text: string, found: [end: number, length: number][]]>([
    [['he', 'she', 'his', 'hers'], 'ushers', [[4, 3], [6, 4]]], // prettier-ignore
    [['abcd'], 'abcdabcd', [[4, 4], [8, 4]]], // prettier-ignore
    [['aa'], 'aaaa', [[2, 2], [3, 2], [4, 2]]], // prettier-ignore
    [['bc', 'abcd'], 'xabcd', [[4, 2], [5, 4]]], // prettier-ignore
    [['bc', 'abcd'], 'xabce', [[4, 2]]], // prettier-ignore
    [['abcd', 'abce', 'bcf'], 'abcf', [[4, 3]]], // prettier-ignore
    [['ab', 'ac', 'ad', 'b', 'c'], 'acadb', [[2, 2], [4, 2], [5, 1]]], // prettier-ignore
    [['é😀'], 'xé😀', [[4, 3]]], // prettier-ignore
    [['ab', 'ab'], 'ab', [[2, 2]]], // prettier-ignore
    [['\0\0', '\uffff'], '\0\0\uffff', [[2, 2], [3, 1]]], // prettier-ignore
    [['ab'], 'ba', []],
    [['ab'], '', []],
    [[], 'ab', []],
  ])('for %j in %j finds %j: where a word ends, the length of the longest', (words, text, expected) => {
    expect(found(words, text)).toEqual(expected);
  });

  it.each<[words: string[], text: string, begun: number]>([
    [['abcde'], 'xabc', 3],
    [['abcde'], 'abcde', 5],
    [['abcde'], 'abcdex', 0],
    [['abcabx'], 'abcab', 5],
    [['abcabx'], 'abcabcab', 5],
    [['abcX', 'bcY'], 'abc', 3],
    [['abX', 'bcY'], 'abc', 2],
    [['a'], '', 0],
    [[], 'a', 0],
  ])('for %j in %j knows how much of a word has begun at the end: %j', (words, text, length) => {
    expect(begun(words, text)).toBe(length);
  });

  it('can be used again, and does not go on where it stopped', () => {
    const search = new TextSearch(['abcd']);
    search.find('ab');
    expect(search.find('cd').begun).toBe(0);
    expect(search.find('abcd').lengths[4]).toBe(4);
  });

  it('agrees with a naive search for many words that are alike', () => {
    const words = Array.from({ length: 64 }, (_, bits) => bits.toString(2).slice(0, 1 + (bits % 6)));
    const text = Array.from({ length: 500 }, (_, index) => ((index * index) % 7) % 2).join('');
    const naive = Array.from({ length: text.length + 1 }, (_, end) =>
      Math.max(0, ...words.filter((word) => text.slice(0, end).endsWith(word)).map((word) => word.length)),
    );
    expect([...new TextSearch(words).find(text).lengths]).toEqual(naive);
  });
});

describe('The steps of a search are at most two for each character', () => {
  const LENGTH = 50_000;
  const MANY = Array.from({ length: 200 }, (_, index) => index);
  it.each<[string, words: string[], text: string]>([
    ['one letter, in words of nothing else', MANY.map((index) => 'a'.repeat(200 + index)), 'a'.repeat(LENGTH)],
    ['one letter, in words that end otherwise', MANY.map((index) => `${'a'.repeat(index)}b`), 'a'.repeat(LENGTH)],
    [
      'words that are left just before their ends',
      MANY.map((index) => `${'a'.repeat(199)}${String.fromCharCode(256 + index)}`),
      `${'a'.repeat(199)}c`.repeat(LENGTH / 200),
    ],
    ['words that all begin otherwise', MANY.map((index) => String.fromCharCode(256 + index)), 'a'.repeat(LENGTH)],
    ['words within words', MANY.map((index) => 'ab'.repeat(1 + index)), 'ab'.repeat(LENGTH / 2)],
  ])('%s', (_, words, text) => {
    const search = new TextSearch(words);
    const characters = words.reduce((sum, word) => sum + word.length, 0);
    // Making a search takes a step for each character, and two more for one that begins a branch.
    expect(search.steps).toBeLessThanOrEqual(3 * characters);
    const before = search.steps;
    search.find(text);
    expect(search.steps - before).toBeLessThanOrEqual(2 * text.length);
  });
});
