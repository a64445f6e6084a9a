import { describe, expect, it, jest } from '@jest/globals';
import { redactor, redactUrls, searchedWords, secretValuesOf } from './redaction.js';
import { TextSearch } from './text-search.js';

/** Headers of 8 KiB that share their letters, with an odd text in the middle of each value. */
const hostileHeaders = (count: number, odd: string): Record<string, string> =>
  Object.fromEntries(
    Array.from({ length: count }, (_, index) => {
      const half = 'a'.repeat(8192 / count / 2);
      return [`x${index}`, half + String.fromCharCode(65 + index) + odd + half];
    }),
  );
const HOSTILE: readonly (readonly [string, string[]])[] = [
  ...[1, 2, 5, 20].flatMap((count) => ['', '"/&<é'].map((odd) => hostileHeaders(count, odd))),
  Object.fromEntries(Array.from({ length: 20 }, (_, index) => [`x${index}`, 'aaaaaaaa '.repeat(16) + 'a'.repeat(264)])),
].map((headers) => [
  `${Object.keys(headers).length} headers, ${JSON.stringify(headers).length} bytes`,
  secretValuesOf({ url: 'https://a.example/', headers, signingSecrets: [] }),
]);

describe('redactUrls', () => {
  it.each([
    ['https://user:pass@example.com/hook', 'https://***@example.com/hook'],
    ['https://user@example.com', 'https://***@example.com'],
    ['https://user:p@ss@example.com/a@b', 'https://***@example.com/a@b'],
    ['https://example.com/hook?token=abc', 'https://example.com/hook?token=***'],
    ['https://example.com?a=1&b=2&c#d', 'https://example.com?a=***&b=***&***#d'],
    ['https://example.com/?a=b=c?d', 'https://example.com/?a=***'],
    [
      'from http://u:p@a.example/x?k=v to HTTPS://u:p@b.example: refused',
      'from http://***@a.example/x?k=*** to HTTPS://***@b.example: refused',
    ],
    ['https://a.example/?=v', 'https://a.example/?=***'],
    ['http://a.example,http://u:p@b.example', 'http://a.example,http://***@b.example'],
    ['https://a.example/?next=https://u:p@b.example/c', 'https://a.example/?next=***'],
    ['{"url":"https://u:p@a.example/?k=v","x":1}', '{"url":"https://***@a.example/?k=***","x":1}'],
  ])('%s becomes %s', (text, redacted) => {
    expect(redactUrls(text)).toBe(redacted);
  });

  it.each([
    'https://example.com/hook',
    'mail a@example.com, see https://example.com/@a',
    'Is it? a=b',
    '',
    'http://[::1]:80/x',
    'https://example.com/?',
  ])('leaves %j as it is', (text) => {
    expect(redactUrls(text)).toBe(text);
  });
});

describe('redactor', () => {
  // With quadratic backtracking, each of these would take minutes.
  it.each(['http://', 'http://a', 'https', '?', 'abab '])('does not get stuck in a text of many %j', (piece) => {
    const text = piece.repeat(200_000);
    expect(redactor(['ababa'])(text)).toBe(text);
  });

  it.each(HOSTILE)('does not get stuck in a text of many secrets that are alike: %s', (_, secrets) => {
    const text = `${'a'.repeat(1_000_000)}.`;
    expect(redactor(secrets)(text)).toMatch(/^a*\*\*\*\.$|^a+\.$/);
  });

  // At most five readings, in which each character takes at most two steps.
  it.each(HOSTILE)('takes at most ten steps for a character of the text, with %s', (_, secrets) => {
    const find = jest.spyOn(TextSearch.prototype, 'find');
    try {
      for (const piece of ['a', 'a\\"&<%41', '\\\\', '&amp;', '%61', '\\u0061']) {
        find.mockClear();
        const text = piece.repeat(16_384 / piece.length);
        redactor(secrets)(text);
        const searches = [...new Set(find.mock.contexts as TextSearch[])];
        const steps = searches.reduce((sum, search) => sum + search.steps, 0);
        expect(steps).toBeGreaterThan(text.length);
        expect(steps - new TextSearch(searchedWords(secrets)).steps).toBeLessThanOrEqual(10 * text.length);
      }
    } finally {
      find.mockRestore();
    }
  });

  it.each([
    ['as it is', 'got a/b"c<d>&é!', 'got ***'],
    ['in JSON', String.raw`{"h":"a/b\"c<d>&é!"}`, '{"h":"***"}'],
    ['in ASCII-only JSON', String.raw`{"h":"a/b\"c<d>&\u00e9!"}`, '{"h":"***"}'],
    ['in JSON of PHP', String.raw`{"h":"a\/b\"c<d>&é!"}`, '{"h":"***"}'],
    ['in JSON within JSON', String.raw`{"body":"{\"h\":\"a/b\\\"c<d>&é!\"}"}`, String.raw`{"body":"{\"h\":\"***\"}"}`],
    ['in HTML', '<p>a/b"c&lt;d&gt;&amp;é!</p>', '<p>***</p>'],
    ['in an HTML attribute', '<p h="a/b&quot;c&lt;d&gt;&amp;é!">', '<p h="***">'],
    ['in a URL', '/?h=a%2Fb%22c%3Cd%3E%26%C3%A9!', '/?h=***'],
    ['in a URL, in another way', '/?h=a/b%22c%3cd%3e&%c3%a9!', '/?h=***'],
    ['in a URL in Latin-1', 'got a/b%22c%3Cd%3E%26%E9!', 'got ***'],
    ['in an HTML attribute, by numbers', '<p h="a&#x2F;b&#34;c&#060;d&gt;&#38;é!">', '<p h="***">'],
    ['in JSON of PHP, ASCII-only', String.raw`{"h":"a\/b\"c<d>&\u00e9!"}`, '{"h":"***"}'],
    ['in Latin-1 that was read as UTF-8', 'got a/b"c<d>&\uFFFD!', 'got ***'],
  ])('hides a secret %s', (_, text, redacted) => {
    expect(redactor(['a/b"c<d>&é!'])(text)).toBe(redacted);
  });

  it('hides each secret, every time, the longer one first', () => {
    expect(redactor(['abcd', 'abcdefgh', 'efgh'])('abcdefgh abcd efgh abcd')).toBe('*** *** *** ***');
  });

  it('hides the beginning of a secret at the end of a truncated text, from 4 characters on', () => {
    expect(redactor(['s3cr3t-token'])('{"token":"s3cr3t-to')).toBe('{"token":"***');
    expect(redactor(['s3crs3cret'])('s3crs3cr')).toBe('***');
    expect(redactor(['s3cr3t-token'])('{"token":"s3c')).toBe('{"token":"s3c');
  });

  it.each([
    String.raw`got a/b\"c<d>&\u00e`,
    String.raw`got a/b\"c<d>&` + '\\',
    'got a/b&quot;c&l',
    'got a/b%22c%3Cd%3E%26%C3',
    String.raw`got a/b\\\"c\\u003c`,
  ])('hides the beginning of a secret, and the escape that the end cuts off: %j', (text) => {
    expect(redactor(['a/b"c<d>&é!'])(text)).toBe('got ***');
  });

  it('hides secrets that overlap as one, and those side by side as two', () => {
    expect(redactor(['abcd', 'cdef'])('x abcdef y')).toBe('x *** y');
    expect(redactor(['abcd', 'efgh'])('x abcdefgh y')).toBe('x ****** y');
    expect(redactor(['abcdabcd'])('abcdabcdabcd')).toBe('***');
    expect(redactor(['abcdefgh', 'cdef', 'ghij', 'ijklm'])('xabcdefghijklmn')).toBe('x***n');
  });

  it('hides a secret of 4 characters, though it is all of the text', () => {
    expect(redactor(['s3cr'])('s3cr')).toBe('***');
  });

  it('hides the longest beginning of a secret that repeats itself, and nothing before it', () => {
    expect(redactor(['abcdabcdX'])('x abcdabcd')).toBe('x ***');
    expect(redactor(['abcdeX'])('abcdabcd')).toBe('abcd***');
    expect(redactor(['abcdX'])('abcdabcdY')).toBe('abcdabcdY');
  });

  it('does not hide words of fewer than 4 characters', () => {
    expect(redactor(['1', 'ok', ''])('status 1, not ok')).toBe('status 1, not ok');
  });

  it('hides the secret parts of all URLs, also of those that are not the webhook’s', () => {
    expect(redactor([])('to https://a:b@c.example/?d=e')).toBe('to https://***@c.example/?d=***');
  });

  it('accepts half a surrogate pair', () => {
    expect(redactor(['\ud83dabc'])('x \ud83dabc y')).toBe('x *** y');
  });
});
