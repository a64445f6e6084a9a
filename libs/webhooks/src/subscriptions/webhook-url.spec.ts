import { describe, expect, it } from '@jest/globals';
import { urlProblem } from './webhook-url.js';

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
  ])('has nothing against %s', (url) => {
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
  ])('refuses %j: what is stored is what is called, and PostgreSQL cannot store NUL', (url) => {
    expect(urlProblem(url)).toBe('must not have control characters');
  });

  it('refuses a fragment, which is never sent', () => {
    expect(urlProblem('https://example.com/hook#part')).toContain('must not have a fragment');
  });

  it('refuses more than 2048 characters', () => {
    expect(urlProblem(`https://example.com/${'x'.repeat(2048)}`)).toBe('must have at most 2048 characters');
  });
});
