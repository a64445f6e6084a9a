import { describe, expect, it } from '@jest/globals';
import { literalAddress, PublicAddressPolicy } from './address-policy.js';

const policy = new PublicAddressPolicy(false);

/** What the policy says to the address that a URL names, as the URL standard reads it. */
function refusalOf(host: string, asked = policy): string | null {
  const address = literalAddress(new URL(`http://${host}:8080/hook`));
  if (address === null) throw new Error(`${host} is read as a name.`);
  return asked.refusal(address);
}

const PRIVATE = [
  ['loopback', '127.0.0.1'],
  ['loopback', '127.255.255.254'],
  ['loopback, decimal', '2130706433'],
  ['loopback, octal', '0177.0.0.1'],
  ['loopback, octal throughout', '017700000001'],
  ['loopback, hexadecimal', '0x7f000001'],
  ['loopback, hexadecimal part', '0x7f.0.0.1'],
  ['loopback, abbreviated', '127.1'],
  ['loopback, with a trailing dot', '127.0.0.1.'],
  ['loopback, in full-width digits', '１２７.０.０.１'],
  ['loopback, percent-encoded', '%31%32%37.0.0.1'],
  ['loopback, IPv6', '[::1]'],
  ['loopback, IPv6 written out', '[0:0:0:0:0:0:0:1]'],
  ['loopback, IPv4-mapped', '[::ffff:127.0.0.1]'],
  ['loopback, IPv4-mapped in hexadecimal', '[::ffff:7f00:1]'],
  ['loopback, IPv4-compatible', '[::127.0.0.1]'],
  ['private, IPv4-compatible', '[::10.0.0.1]'],
  ['loopback, IPv4-translated (RFC 6145)', '[::ffff:0:127.0.0.1]'],
  ['loopback, NAT64 (RFC 6052)', '[64:ff9b::7f00:1]'],
  ['metadata, NAT64', '[64:ff9b::169.254.169.254]'],
  ['NAT64 for local use (RFC 8215)', '[64:ff9b:1::1]'],
  ['loopback, 6to4 (RFC 3056)', '[2002:7f00:1::]'],
  ['Teredo (RFC 4380)', '[2001::1]'],
  ['this host', '0.0.0.0'],
  ['this host, abbreviated', '0'],
  ['this network', '0.1.2.3'],
  ['this host, IPv6', '[::]'],
  ['private', '10.0.0.1'],
  ['private', '172.16.0.1'],
  ['private', '172.31.255.255'],
  ['private', '192.168.1.1'],
  ['private, IPv4-mapped', '[::ffff:192.168.1.1]'],
  ['carrier-grade NAT (RFC 6598)', '100.64.0.1'],
  ['carrier-grade NAT, its end', '100.127.255.255'],
  ['link-local, with the metadata of clouds', '169.254.169.254'],
  ['link-local, IPv6', '[fe80::1]'],
  ['site-local', '[fec0::1]'],
  ['unique local (RFC 4193)', '[fc00::1]'],
  ['unique local, with the metadata of AWS', '[fd00:ec2::254]'],
  ['multicast', '224.0.0.1'],
  ['multicast, IPv6', '[ff02::1]'],
  ['broadcast', '255.255.255.255'],
  ['reserved', '240.0.0.1'],
  ['protocol assignments', '192.0.0.1'],
  ['benchmarking (RFC 2544)', '198.18.0.1'],
  ['documentation (RFC 5737)', '192.0.2.1'],
  ['documentation', '198.51.100.1'],
  ['documentation', '203.0.113.1'],
  ['documentation (RFC 3849)', '[2001:db8::1]'],
  ['documentation (RFC 9637)', '[3fff::1]'],
  ['discard (RFC 6666)', '[100::1]'],
  ['never given out: outside of 2000::/3', '[4000::1]'],
] as const;

describe('PublicAddressPolicy', () => {
  it.each(PRIVATE)('refuses %s: %s', (_, host) => {
    expect(refusalOf(host)).toMatch(/is not a public address \(.+\)$/);
  });

  it.each(PRIVATE)('lets %s through when private addresses are allowed: %s', (_, host) => {
    expect(refusalOf(host, new PublicAddressPolicy(true))).toBeNull();
  });

  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '134744072',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '[2606:4700::1111]',
    '[2001:4860:4860::8888]',
    '[::ffff:8.8.8.8]',
  ])('lets the public address %s through', (host) => {
    expect(refusalOf(host)).toBeNull();
  });

  it.each(['', 'localhost', 'example.com', '127.0.0.1:80', 'fe80::1%eth0'])(
    'refuses %p, which no resolver gives for a public address',
    (address) => {
      expect(policy.refusal(address)).not.toBeNull();
    },
  );
});

describe('literalAddress', () => {
  it.each([
    ['http://user:pass@127.1:8080/a', '127.0.0.1'],
    ['https://[2606:4700::1111]/', '2606:4700::1111'],
    ['https://8.8.8.8@10.0.0.1/', '10.0.0.1'],
    ['https://example.com/', null],
    ['https://localhost./', null],
    ['https://127.0.0.1.nip.io/', null],
    ['https://8.8.8.8.example/?to=127.0.0.1#10.0.0.1', null],
  ])('of %s is %p', (url, address) => {
    expect(literalAddress(new URL(url))).toBe(address);
  });
});
