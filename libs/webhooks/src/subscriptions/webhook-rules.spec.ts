import { describe, expect, it } from '@jest/globals';
import { headersProblem, LOST_HEADER_NAMES, urlProblem } from './webhook-rules.js';

const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${index}`, 'v']));

describe('headersProblem', () => {
  it.each<[string, unknown]>([
    ['no header', {}],
    [
      'what partners secure their receiver with',
      { Authorization: 'Bearer a.b-c_d==', 'X-Api-Key': 'k', Cookie: 'a=1' },
    ],
    ['a User-Agent', { 'User-Agent': 'partner/1.0' }],
    ['every character of a token (RFC 9110)', { "aZ09!#$%&'*+-.^_`|~": 'v' }],
    ['an empty value', { 'x-a': '' }],
    ['tabs, spaces and Latin-1 in a value', { 'x-a': 'a\tb c é ÿ' }],
    ['names that only begin like a reserved one', { 'content-type-2': 'v', webhook: 'v', hosts: 'v' }],
    ['20 headers', many(20)],
    ['a name of 128 characters', { ['x'.repeat(128)]: 'v' }],
    ['a value of 4096 characters', { 'x-a': 'v'.repeat(4096) }],
    ['8192 bytes of names and values', { 'x-a': 'é'.repeat(4093), 'x-b': 'v'.repeat(4093) }],
  ])('accepts %s', (_, value) => {
    expect(headersProblem(value)).toBeNull();
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['a text', 'x-a: b'],
    ['a number', 1],
    ['nothing', undefined],
  ])('refuses %s instead of an object', (_, value) => {
    expect(headersProblem(value)).toBe('must be an object of header names and values');
  });

  it.each([
    ['CR and LF', 'a\r\nX-Injected: 1'],
    ['LF', 'a\nb'],
    ['CR', 'a\rb'],
    ['a line break at the end', 'a\n'],
    ['NUL', 'a\0'],
    ['DEL', 'a\x7f'],
    ['what is not Latin-1', 'a😀'],
    ['a line separator', 'a\u2028'],
    ['what becomes LF when it is cut to a byte', 'a\u010ab'],
  ])('refuses %s in a value (RFC 9110: field-value)', (_, value) => {
    expect(headersProblem({ 'x-a': value })).toContain('a line break or another character that HTTP forbids');
  });

  it.each(['', ' ', 'x a', 'x-a ', 'x:a', 'x-a\r\nx-b', 'x-a\n', 'x\0', 'é', '(x)', '"x"', 'x'.repeat(129)])(
    'refuses the name %j (RFC 9110: token)',
    (name) => {
      const problem = headersProblem({ [name]: 'v' });
      expect(problem).toContain('a header name has 1 to 128 letters');
      expect(problem).not.toMatch(/[\r\n\0]/);
    },
  );

  it('does not repeat the value when it was given as a part of the name', () => {
    const problem = headersProblem({ 'Authorization: Bearer s3cret': '' });
    expect(problem).toContain('has a name that begins with "Authorization"; ');
    expect(problem).not.toContain('s3cret');
  });

  it.each([
    'Host',
    'content-type',
    'CONTENT-LENGTH',
    'Content-Encoding',
    'Transfer-Encoding',
    'Connection',
    'Keep-Alive',
    'Proxy-Connection',
    'Proxy-Authorization',
    'TE',
    'Trailer',
    'Upgrade',
    'Expect',
    'Accept-Encoding',
    'webhook-id',
    'Webhook-Signature',
    'WEBHOOK-TIMESTAMP',
    'webhook-',
    'Webhook-Anything',
  ])('refuses %s, which is set by the library or by HTTP', (name) => {
    expect(headersProblem({ [name]: 'v' })).toContain(`has the name "${name}", which is reserved`);
  });

  it.each([...LOST_HEADER_NAMES, 'Constructor'])('refuses %s, which JavaScript objects lose', (name) => {
    expect(headersProblem({ [name]: 'v' })).toContain(`has the name "${name}", which is reserved`);
  });

  it('accepts the other names that every object has', () => {
    const names = Object.getOwnPropertyNames(Object.prototype).filter((name) => !LOST_HEADER_NAMES.includes(name));
    expect(names).toContain('toString');
    expect(headersProblem(Object.fromEntries(names.map((name) => [name, 'v'])))).toBeNull();
  });

  it.each<[string, unknown]>([
    ['a number', 1],
    ['true', true],
    ['null', null],
    ['a list', ['v']],
    ['an object', { toString: 'v' }],
    ['nothing', undefined],
  ])('refuses %s as a value', (_, value) => {
    expect(headersProblem({ 'x-a': value })).toBe('has a value for "x-a" that is not a text');
  });

  it('refuses a name that is given twice in different case (RFC 9110: names are case-insensitive)', () => {
    expect(headersProblem({ 'X-Api-Key': 'a', 'x-api-key': 'b' })).toBe('names "x-api-key" twice');
    expect(headersProblem({ 'x-api-key': 'a', 'X-API-Key': 'b' })).toBe('names "X-API-Key" twice');
  });

  it('refuses more than 20 headers and a value of more than 4096 characters, and does not repeat the value', () => {
    expect(headersProblem(many(21))).toBe('must have at most 20 entries, but has 21');
    expect(headersProblem({ 'x-a': 's'.repeat(4097) })).toBe('has a value for "x-a" of more than 4096 characters');
  });

  it('refuses more than 8192 bytes of names and values', () => {
    const most = { 'x-a': 'é'.repeat(4093), 'x-b': 'v'.repeat(4093) };
    const problem = 'must have at most 8192 bytes of names and values, but has 8193';
    expect(headersProblem({ ...most, 'x-b': `${most['x-b']}v` })).toBe(problem);
    expect(headersProblem({ 'x-a': most['x-a'], 'x-bc': most['x-b'] })).toBe(problem);
  });

  it('checks every header, not only the first', () => {
    expect(headersProblem({ 'x-a': 'v', 'x-b': 'v', Host: 'v' })).toContain('reserved');
  });
});

describe('urlProblem', () => {
  it.each([
    'https://example.com',
    'https://example.com/hook?a=1&b=%20',
    'http://example.com:8080/hook',
    'HTTPS://EXAMPLE.COM/hook',
    'https://user:pass@example.com/hook',
    'https://us%er:p@example.com/hook',
    'https://bücher.example/straße',
    'https://127.0.0.1/hook',
    'https://[2606:4700::1111]/hook',
    `https://example.com/${'x'.repeat(2048 - 'https://example.com/'.length)}`,
  ])('accepts %s', (url) => {
    expect(urlProblem(url)).toBeNull();
  });

  it.each([undefined, null, 1, true, {}, ['https://example.com']])('refuses %p: it must be a text', (value) => {
    expect(urlProblem(value)).toBe('must be a text');
  });

  it.each([
    '',
    'example.com/hook',
    '/hook',
    '//example.com/hook',
    'ftp://example.com/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'data:text/plain,a',
    'https:example.com',
    'https://',
    'https://?a=1',
    'https://a b/',
    'https://[::1/',
    'https://1.2.3.256/',
    'https://example.com:65536/',
    ' https://example.com',
  ])('refuses %p: it must be an absolute URL of http or https', (url) => {
    expect(urlProblem(url)).toBe('must be an absolute URL that begins with https:// or http://');
  });

  it.each([
    'https://example.com/a\0b',
    'https://example.com/a\nb',
    'https://exa\tmple.com/',
    'https://example.com/\r\nX-A: b',
    'https://example.com/\x7f',
    '\nhttps://example.com',
  ])('refuses %j, because a URL is called as it is stored, and PostgreSQL cannot store NUL', (url) => {
    expect(urlProblem(url)).toBe('must not have control characters');
  });

  it('refuses a fragment, which is never sent', () => {
    expect(urlProblem('https://example.com/hook#part')).toContain('must not have a fragment');
  });

  it('refuses more than 2048 characters', () => {
    expect(urlProblem(`https://example.com/${'x'.repeat(2048)}`)).toBe('must have at most 2048 characters');
  });
});
