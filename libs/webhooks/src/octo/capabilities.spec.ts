import { describe, expect, it } from '@jest/globals';
import { appliedCapabilities, requestedCapabilities } from './capabilities.js';

describe('requestedCapabilities', () => {
  it.each<[string, string[]]>([
    ['octo/webhooks', ['octo/webhooks']],
    ['octo/webhooks, octo/pricing', ['octo/webhooks', 'octo/pricing']],
    ['octo/pricing,octo/webhooks', ['octo/pricing', 'octo/webhooks']],
    [' octo/webhooks ,,\tocto/cart,', ['octo/webhooks', 'octo/cart']],
    ['octo/cart,octo/cart', ['octo/cart']],
    ['', []],
    [' , ', []],
    ['ventrata/webhooks', ['octo/webhooks']],
    ['webhooks', ['octo/webhooks']],
    ['webhooks,octo/webhooks,ventrata/webhooks', ['octo/webhooks']],
    // These are not aliases, although every object has properties with these names.
    ['constructor,__proto__,toString', ['constructor', '__proto__', 'toString']],
  ])('reads %j as %j', (header, expected) => {
    expect(requestedCapabilities({ 'octo-capabilities': header })).toEqual(expected);
  });

  it('reads the older X-Capabilities where the current header is absent, and only there', () => {
    expect(requestedCapabilities({ 'x-capabilities': 'octo/cart' })).toEqual(['octo/cart']);
    expect(requestedCapabilities({ 'x-capabilities': 'octo/cart', 'octo-capabilities': '' })).toEqual([]);
  });

  it('reads a header that came several times as one list (RFC 9110)', () => {
    expect(requestedCapabilities({ 'octo-capabilities': ['octo/cart', 'octo/pricing, octo/cart'] })).toEqual([
      'octo/cart',
      'octo/pricing',
    ]);
  });

  it('refuses a request without the header as BAD_REQUEST: OCTO requires it on each request, even if empty', () => {
    expect(() => requestedCapabilities({ accept: '*/*' })).toThrow(
      expect.objectContaining({ name: 'OctoError', code: 'BAD_REQUEST' }),
    );
  });
});

describe('appliedCapabilities', () => {
  it.each<[string, string[], string[], string[]]>([
    ['drops what the connection may not use', ['octo/pricing', 'octo/cart'], ['octo/pricing'], ['octo/pricing']],
    ['does not add what was not asked for', [], ['octo/pricing'], []],
    ['needs no permission for octo/webhooks', ['octo/webhooks'], [], ['octo/webhooks']],
    ['keeps the order of the request', ['octo/b', 'octo/a'], ['octo/a', 'octo/b'], ['octo/b', 'octo/a']],
  ])('%s', (_, requested, allowed, expected) => {
    expect(appliedCapabilities(requested, allowed)).toEqual(expected);
  });
});
