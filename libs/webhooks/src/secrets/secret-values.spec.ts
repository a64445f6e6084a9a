import { expect, it } from '@jest/globals';
import { secretValuesOf } from './redaction.js';
import type { Webhook } from '../subscriptions/webhook.js';

function valuesOf(properties: Partial<Webhook>): string[] {
  return secretValuesOf({ url: 'https://example.com/hook', headers: {}, signingSecrets: [], ...properties });
}

it('secret values are the signing secrets, whole and without their prefix', () => {
  const signingSecrets = [
    { secret: 'whsec_new', expiresAt: null },
    { secret: 'whsec_old', expiresAt: new Date() },
  ];
  expect(valuesOf({ signingSecrets })).toEqual(['whsec_new', 'new', 'whsec_old', 'old']);
});

it('secret values are the values of headers, whole, and the longer words in them', () => {
  expect(valuesOf({ headers: { Authorization: 'Bearer abcdefgh', Cookie: 'id=12345678; a=b', 'X-Key': 'k' } })).toEqual(
    ['Bearer abcdefgh', 'abcdefgh', 'id=12345678; a=b', '12345678', 'k'],
  );
});

it('secret values are user, password and the query’s values: as written, as URL writes them, decoded, and as basic authentication', () => {
  const basic = Buffer.from('us er:p@s').toString('base64');
  expect(valuesOf({ url: 'https://us er:p@s@example.com/?a=v w&lonely' })).toEqual(
    expect.arrayContaining(['us er', 'us%20er', 'p@s', 'p%40s', basic, 'v w', 'v%20w', 'lonely']),
  );
});

it.each<[url: string, name: string, password: string]>([
  ['http://user@example.com/', 'user', ''],
  ['https://:pass@example.com/', '', 'pass'],
  ['HTTPS://user:pass@example.com/', 'user', 'pass'],
])('secret values of %s are the name %j, the password %j, and both as basic authentication', (url, name, password) => {
  const sent = `${name}:${password}`;
  const values = [name, password, sent, Buffer.from(sent).toString('base64')].filter((value) => value !== '');
  expect(new Set(valuesOf({ url }))).toEqual(new Set(values));
});

it('secret values of a URL that the class URL refuses are found nevertheless', () => {
  expect(valuesOf({ url: 'https://user:pass@[/?k=v' })).toEqual(expect.arrayContaining(['user', 'pass', 'v']));
});

it('what only looks like credentials, because it stands in the path, is not secret', () => {
  expect(valuesOf({ url: 'https://example.com/http://user:pass@other' })).toEqual([]);
});

it('secret values are the words of a header between several separators', () => {
  expect(valuesOf({ headers: { Cookie: 'a ;  abcdefgh,\tijklmnop' } })).toEqual([
    'a ;  abcdefgh,\tijklmnop',
    'abcdefgh',
    'ijklmnop',
  ]);
});

it('a webhook that keeps nothing secret has no secret values', () => {
  expect(valuesOf({})).toEqual([]);
});
