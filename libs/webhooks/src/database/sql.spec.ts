import { describe, expect, it } from '@jest/globals';
import {
  bytesOrNull,
  groupedBy,
  insertChunks,
  numberOf,
  numberOrNull,
  placeholders,
  storableText,
  textOf,
  textOrNull,
  tuplePlaceholders,
} from './sql.js';

describe('A column', () => {
  const row = {
    text: 'Straße',
    empty: '',
    digits: '1764000000000',
    number: 7,
    none: null,
    date: new Date(0),
    bytes: Buffer.from('Straße'),
  };

  it('is read as its declared type, whether the driver returns large integers as numbers or as text', () => {
    expect(textOf(row, 'text')).toBe('Straße');
    expect(textOf(row, 'empty')).toBe('');
    expect(textOrNull(row, 'none')).toBeNull();
    expect(numberOf(row, 'number')).toBe(7);
    expect(numberOf(row, 'digits')).toBe(1_764_000_000_000);
    expect(numberOf({ digits: '-12' }, 'digits')).toBe(-12);
    expect(numberOrNull(row, 'none')).toBeNull();
    expect(bytesOrNull(row, 'none')).toBeNull();
    expect(bytesOrNull(row, 'bytes')).toBe(row.bytes);
    expect(bytesOrNull(row, 'text')).toEqual(row.bytes);
  });

  it.each<[string, () => unknown, string]>([
    ['NULL as text', () => textOf(row, 'none'), 'The column none must hold text, but the database returned NULL.'],
    ['a number as text', () => textOf(row, 'number'), 'must hold text, but the database returned a number'],
    [
      'an unknown column',
      () => textOrNull(row, 'nowhere'),
      'nowhere must hold text, but the database returned no such',
    ],
    ['NULL as a number', () => numberOf(row, 'none'), 'none must hold a number, but the database returned NULL'],
    ['text as a number', () => numberOf(row, 'text'), 'text must hold a number, but the database returned a string'],
    ['a number with more behind it', () => numberOf({ digits: '1 ' }, 'digits'), 'must hold a number'],
    ['a number with more before it', () => numberOf({ digits: ' 1' }, 'digits'), 'must hold a number'],
    ['a list of a number', () => numberOf({ digits: ['1'] }, 'digits'), 'must hold a number'],
    ['empty text as a number', () => numberOf(row, 'empty'), 'empty must hold a number'],
    ['a date as a number', () => numberOrNull(row, 'date'), 'but the database returned an object (Date)'],
    [
      'a date as bytes',
      () => bytesOrNull(row, 'date'),
      'date must hold text, but the database returned an object (Date)',
    ],
  ])('is refused by name when it is %s', (_, read, message) => {
    expect(read).toThrow(message);
    expect(read).not.toThrow('Straße');
  });
});

it('groupedBy keeps the order of keys and of the items of each key', () => {
  expect([...groupedBy(['bb', 'a', 'cc', 'd'], ({ length }) => length)]).toEqual([
    [2, ['bb', 'cc']],
    [1, ['a', 'd']],
  ]);
});

describe('The placeholders', () => {
  it('of a list are one for each value, and of tuples one list for each', () => {
    expect(placeholders(['a', 1, null])).toBe('?, ?, ?');
    expect(
      tuplePlaceholders([
        ['a', 1],
        ['b', 2],
      ]),
    ).toBe('(?, ?), (?, ?)');
  });
});

describe('storableText', () => {
  it('replaces each NUL, which PostgreSQL cannot store', () => {
    expect(storableText('a\0b\0 c')).toBe('a\uFFFDb\uFFFD c');
  });

  it.each([
    '\u0001',
    '\u0007',
    '\b',
    '\u000B',
    '\r',
    '\u001B',
    '\u001F',
    '\u007F',
    '\u0080',
    '\u0085',
    '\u009B',
    '\u009F',
  ])('replaces the control character %j', (control) => {
    expect(storableText(`a${control}${control}b`)).toBe('a\uFFFD\uFFFDb');
  });

  it.each(['\u061C', '\u200E', '\u200F', '\u202A', '\u202E', '\u2066', '\u2069'])(
    'replaces %j, which changes the direction of a text',
    (bidi) => {
      expect(storableText(`a${bidi}b`)).toBe('a\uFFFDb');
    },
  );

  it('keeps lines, tabs and every other character', () => {
    const text = '{\n\t"name": "Straße 北京 مرحبا 🚢",\u00A0~ \u00A1 }';
    expect(storableText(text)).toBe(text);
    expect(storableText('a\r\nb\r\r\nc')).toBe('a\nb\uFFFD\nc');
  });
});

describe('Rows are split into INSERTs', () => {
  const MIB = 1024 * 1024;
  const sizes = (rows: readonly Record<string, string | number>[], columns: readonly string[]): number[] =>
    [...insertChunks(rows, columns)].map(({ length }) => length);
  const rowsOf = (count: number, row: Record<string, string | number> = { a: 1 }) => Array<typeof row>(count).fill(row);

  it('of at most 500 rows, which keep their order', () => {
    expect(sizes(rowsOf(500), ['a'])).toEqual([500]);
    expect(sizes(rowsOf(1001), ['a'])).toEqual([500, 500, 1]);
    const rows = Array.from({ length: 501 }, (_, index) => ({ a: index }));
    expect([...insertChunks(rows, ['a'])].flat()).toEqual(rows);
    expect(sizes([], ['a'])).toEqual([]);
  });

  it('of at most as many values as PostgreSQL can number', () => {
    const columns = Array.from({ length: 200 }, (_, index) => `column-${index}`);
    expect(sizes(rowsOf(400), columns)).toEqual([327, 73]);
  });

  it('of at most two million characters, or one row', () => {
    expect(sizes(rowsOf(2, { a: 'x'.repeat(MIB) }), ['a'])).toEqual([2]);
    expect(sizes(rowsOf(3, { a: 'x'.repeat(MIB) }), ['a'])).toEqual([2, 1]);
    expect(sizes(rowsOf(2, { a: 'x'.repeat(MIB), b: 1 }), ['a', 'b'])).toEqual([1, 1]);
    expect(sizes(rowsOf(2, { a: 'x'.repeat(MIB - 20), b: 1 }), ['a', 'b'])).toEqual([2]);
    expect(sizes(rowsOf(4, { a: 'x'.repeat(MIB), b: 1 }), ['a'])).toEqual([2, 2]);
    expect(sizes(rowsOf(2, { a: 'x'.repeat(3 * MIB) }), ['a'])).toEqual([1, 1]);
  });
});
