import { describe, expect, it } from '@jest/globals';
import { readingsOf } from './spellings.js';

const textsOf = (text: string) => readingsOf(text).map((reading) => reading.text);

describe('A text', () => {
  it.each(['', 'plain', 'é😀 "<>;u0041'])('without escapes has one reading, as it is written: %j', (text) => {
    expect(readingsOf(text)).toEqual([
      { text, starts: Uint32Array.from({ length: text.length + 1 }, (_, index) => index) },
    ]);
  });

  it.each([
    [String.raw`a\"b\\c\/d`, 'a"b\\c/d'],
    [String.raw`\b\f\n\r\t`, '\b\f\n\r\t'],
    [String.raw`\u00e9\u00E9\uD83D\ude00x`, 'éé😀x'],
    [String.raw`\u00zz\'\x`, "u00zz'x"],
    ['a\\\nb', 'a\nb'],
  ])('with escapes of JSON reads so: %j is %j', (text, reading) => {
    expect(textsOf(text)[1]).toBe(reading);
  });

  it('with escapes of JSON within JSON is read twice', () => {
    const text = 'a/b"é\\';
    expect(textsOf(JSON.stringify(JSON.stringify(text)).slice(3, -3))[2]).toBe(text);
    expect(textsOf(String.raw`\\u00e9`)).toEqual([String.raw`\\u00e9`, String.raw`\u00e9`, 'é']);
  });

  it.each([
    ['&amp;&lt;&gt;&quot;&apos;&AMP;', `&<>"'&`],
    ['&#39;&#039;&#x27;&#X2F;&#128512;', "'''/😀"],
    ['&#1114111;&#1114112;&#x110000;', '\u{10ffff}\uFFFD\uFFFD'],
    ['a&b &nbsp; &#; &#x; &;', 'a&b &nbsp; &#; &#x; &;'],
    ['&amp;lt;', '&lt;'],
  ])('with escapes of HTML reads so: %j is %j', (text, reading) => {
    expect(textsOf(text)[1]).toBe(reading);
  });

  it.each([
    ['a%2Fb%2fc%20', 'a/b/c '],
    ['%C3%A9%e2%82%ac%F0%9F%98%80!', 'é€😀!'],
    ['%E9!%C3!%E2%82!%F0%9F%98!', '\uFFFD!\uFFFD!\uFFFD\uFFFD!\uFFFD\uFFFD\uFFFD!'],
    ['%ED%A0%80!', '\uFFFD\uFFFD\uFFFD!'],
    ['100% %zz%4g', '100% %zz%4g'],
    ['%2541', '%41'],
  ])('with escapes of a URL reads so: %j is %j', (text, reading) => {
    expect(textsOf(text)[1]).toBe(reading);
  });

  it.each([
    ['ab\\', 'ab'],
    ['ab\\\\', 'ab\\'],
    [String.raw`ab\u`, 'ab'],
    [String.raw`ab\u00e`, 'ab'],
    ['ab&', 'ab'],
    ['ab&amp', 'ab'],
    ['ab&#x2', 'ab'],
    ['ab%', 'ab'],
    ['ab%2', 'ab'],
    ['ab%C3', 'ab'],
    ['ab%C3%', 'ab'],
    ['ab%E2%82', 'ab'],
    ['ab%E2%82%a', 'ab'],
    ['ab%F0%9F%98', 'ab'],
    ['ab%F0%9F%98%8', 'ab'],
    ['ab%41', 'abA'],
    ['ab%41%', 'abA'],
  ])('is read without an escape that its end cuts off: %j is %j', (text, reading) => {
    expect(textsOf(text)[1]).toBe(reading);
  });
});

describe('A reading knows where it found each character', () => {
  it.each<[text: string, starts: number[]]>([
    [String.raw`a\"b`, [0, 1, 3, 4]],
    [String.raw`a\u00e`, [0, 6]],
    ['a&#128512;b', [0, 1, 1, 10, 11]],
    ['%41%C3%A9b', [0, 3, 9, 10]],
  ])('of %j', (text, starts) => {
    expect([...(readingsOf(text)[1]?.starts ?? [])]).toEqual(starts);
  });

  it('in the text itself, when that was read twice', () => {
    expect([...(readingsOf(String.raw`a\\\"b\\n`)[2]?.starts ?? [])]).toEqual([0, 1, 5, 6, 9]);
  });
});
