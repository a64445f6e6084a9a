import { describe, expect, it } from '@jest/globals';
import { contentLanguage, InvalidHostAnswerError } from './host-answers.js';

const AVAILABLE = ['en', 'de', 'pt-BR', 'zh-Hant-TW'];

describe('The language of a delivery', () => {
  it.each<[wanted: string[], language: string]>([
    [['de'], 'de'],
    [['de-CH'], 'de'],
    [['de_DE'], 'de'],
    [[' de '], 'de'],
    [['DE'], 'de'],
    [['pt_BR'], 'pt-BR'],
    [['pt'], 'pt-BR'],
    [['zh-hant'], 'zh-Hant-TW'],
    [['fr', 'de'], 'de'],
    [['fr'], 'en'],
    [['', 'de'], 'de'],
    [['   '], 'en'],
    [['*'], 'en'],
    [['no language at all', 'de'], 'de'],
    [['x'.repeat(200), 'de'], 'de'],
    [[], 'en'],
  ])('for a guest who wants %j is %s', (wanted, language) => {
    expect(contentLanguage(AVAILABLE, wanted)).toBe(language);
  });

  it('is written as the host writes it', () => {
    expect(contentLanguage(['en_GB', 'de_AT'], ['de'])).toBe('de_AT');
    expect(contentLanguage(['en_GB', 'de_AT'], [])).toBe('en_GB');
  });

  it('is null when the host names no languages', () => {
    expect(contentLanguage([], ['de'])).toBeNull();
  });

  it('may be as long as a tag of RFC 5646 can sensibly be', () => {
    const long = 'sl-Latn-IT-rozaj-nedis-1994-x-private';
    expect(long.length).toBeGreaterThan(35);
    expect(contentLanguage([long], ['sl'])).toBe(long);
  });

  it('may have 64 characters, and is refused, cut off, with one more', () => {
    const longest = `de-x-${'abcdefgh-'.repeat(6)}abcde`;
    expect(longest).toHaveLength(64);
    expect(contentLanguage([longest], [])).toBe(longest);
    expect(() => contentLanguage([`${longest}f`], [])).toThrow(`names "${longest}"; allowed`);
  });

  it.each(['', 'german please', `de-x-${'a'.repeat(8)}`.padEnd(80, '-abcdefg')])(
    'is refused when the host names %j',
    (language) => {
      expect(() => contentLanguage(['en', language], [])).toThrow(InvalidHostAnswerError);
    },
  );
});
