import { describe, expect, it } from '@jest/globals';
import { headersProblem } from './webhook-headers.js';

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
  ])('has nothing against %s', (_, value) => {
    expect(headersProblem(value)).toBeNull();
  });

  it.each([
    ['null', null],
    ['a list', []],
    ['a text', 'x-a: b'],
    ['a number', 1],
    ['nothing', undefined],
  ])('refuses %s in place of the object', (_, value) => {
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

  it('does not repeat what follows a name that was given together with its value', () => {
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
  ])('refuses %s, which the library or HTTP itself sets', (name) => {
    expect(headersProblem({ [name]: 'v' })).toContain(`has the name "${name}", which is reserved`);
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

  it('refuses a name that stands there twice in different case (RFC 9110: names are case-insensitive)', () => {
    expect(headersProblem({ 'X-Api-Key': 'a', 'x-api-key': 'b' })).toBe('names "x-api-key" twice');
    expect(headersProblem({ 'x-api-key': 'a', 'X-API-Key': 'b' })).toBe('names "X-API-Key" twice');
  });

  it('refuses more than 20 headers and a value of more than 4096 characters, and does not repeat the value', () => {
    expect(headersProblem(many(21))).toBe('must have at most 20 entries, but has 21');
    expect(headersProblem({ 'x-a': 's'.repeat(4097) })).toBe('has a value for "x-a" of more than 4096 characters');
  });

  it('looks at every header, not only the first', () => {
    expect(headersProblem({ 'x-a': 'v', 'x-b': 'v', Host: 'v' })).toContain('reserved');
  });
});
