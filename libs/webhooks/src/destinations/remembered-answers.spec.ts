import { describe, expect, it, jest } from '@jest/globals';
import { PublicAddressPolicy, type AddressOptions } from './public-address-policy.js';

describe('The answers that the policy remembers', () => {
  it.each<[AddressOptions, string, string]>([
    [{ schemes: ['https'] }, 'https://example.com/', 'http://example.com/'],
    [{ schemes: ['https'] }, 'https://example.com:8443/', 'http://example.com:8443/'],
    [{ ports: [443] }, 'https://example.com/', 'https://example.com:8443/'],
    [{ ports: [443] }, 'https://example.com/', 'http://example.com/'],
    [{ denyAddresses: ['b.example.com'] }, 'https://a.example.com/', 'https://b.example.com/'],
    [{ denyAddresses: ['*.example.com'] }, 'https://example.com/', 'https://a.example.com/'],
    [{}, 'https://8.8.8.8/', 'https://10.0.0.1/'],
  ])(
    'are those for this scheme, host and port: %j accepts %s, and refuses %s in either order',
    (options, good, bad) => {
      for (const urls of [
        [good, bad],
        [bad, good],
      ]) {
        const asked = new PublicAddressPolicy(options);
        const refusals = new Map(urls.map((url) => [url, asked.urlRefusal(new URL(url))]));
        expect(refusals.get(good)).toBeNull();
        expect(refusals.get(bad)).not.toBeNull();
      }
    },
  );
});

it('the policy remembers its answers for 10,000 addresses, and forgets only the one that was used least recently', () => {
  const read = jest.spyOn(URL.prototype, 'protocol', 'get');
  const asked = new PublicAddressPolicy({ ports: [443] });
  const judgementsOf = (host: string): number => {
    read.mockClear();
    const refusal = asked.urlRefusal(new URL(`https://${host}/`));
    expect(refusal).toEqual(host.endsWith(':8443') ? expect.stringContaining('port 8443') : null);
    return read.mock.calls.length;
  };
  expect(judgementsOf('refused.example:8443')).toBeGreaterThan(0);
  for (let number = 1; number < 10_000; number += 1) judgementsOf(`${number}.example`);
  expect(judgementsOf('refused.example:8443')).toBe(0);
  expect(judgementsOf('one-more.example')).toBeGreaterThan(0);
  expect(judgementsOf('refused.example:8443')).toBe(0);
  expect(judgementsOf('9999.example')).toBe(0);
  expect(judgementsOf('2.example')).toBe(0);
  expect(judgementsOf('1.example')).toBeGreaterThan(0);
  read.mockRestore();
});
