import { describe, expect, it } from '@jest/globals';
import { bytesOrNull, groupedBy, numberOf, numberOrNull, textOf, textOrNull } from './sql.js';

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
