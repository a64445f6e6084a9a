import { describe, expect, it } from '@jest/globals';
import { literalAddress } from './address-policy.js';
import { PublicAddressPolicy, type AddressOptions } from './public-address-policy.js';

const policy = new PublicAddressPolicy();

/** The policy's answer for the address that a URL names, as the URL standard parses it. */
function refusalOf(host: string, asked = policy): string | null {
  const address = literalAddress(new URL(`http://${host}:8080/hook`));
  if (address === null) throw new Error(`${host} is read as a name.`);
  return asked.refusal(address, address);
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
  ['metadata of Alibaba Cloud', '100.100.100.200'],
  ['metadata, IPv4-mapped', '[::ffff:169.254.169.254]'],
  ['metadata, 6to4', '[2002:a9fe:a9fe::1]'],
  ['private, userinfo in front', '8.8.8.8:80@10.0.0.1'],
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
    expect(refusalOf(host, new PublicAddressPolicy({ allowPrivateAddresses: true }))).toBeNull();
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
    'refuses %p, which is never the answer of a resolver for a public address',
    (address) => {
      expect(policy.refusal(address, 'example.com')).not.toBeNull();
    },
  );
});

describe('PublicAddressPolicy with the options of the host', () => {
  /** Whether a host may be called at an address. */
  const lets = (options: AddressOptions, address: string, host: string) =>
    new PublicAddressPolicy(options).refusal(address, host) === null;

  it.each<[AddressOptions, string, string]>([
    [{ allowAddresses: ['10.1.0.0/16'] }, '10.1.255.255', 'example.org'],
    [{ allowAddresses: ['10.1.0.0/16'] }, '::ffff:10.1.2.3', 'example.org'],
    [{ allowAddresses: ['10.1.2.3'] }, '10.1.2.3', 'example.org'],
    [{ allowAddresses: ['fd00::/8'] }, 'fd12:3456::1', 'example.org'],
    [{ allowAddresses: ['::1'] }, '::1', 'example.org'],
    [{ allowAddresses: ['hooks.example.com'] }, '10.0.0.1', 'hooks.example.com'],
    [{ allowAddresses: ['hooks.example.com'] }, '10.0.0.1', 'hooks.example.com.'],
    [{ allowAddresses: ['HOOKS.example.com.'] }, '10.0.0.1', 'hooks.example.com'],
    [{ allowAddresses: ['*.bücher.example'] }, '10.0.0.1', 'a.b.xn--bcher-kva.example'],
    [{ allowAddresses: ['localhost'] }, '127.0.0.1', 'localhost'],
    [{ denyAddresses: ['8.8.8.0/24'] }, '8.8.4.4', 'example.org'],
    [{ denyAddresses: ['::/0'] }, '8.8.8.8', 'example.org'],
  ])('%j lets %s through for %s', (options, address, host) => {
    expect(lets(options, address, host)).toBe(true);
  });

  it.each<[AddressOptions, string, string]>([
    [{ allowAddresses: ['10.1.0.0/16'] }, '10.2.0.0', 'example.org'],
    [{ allowAddresses: ['10.1.2.3'] }, '10.1.2.4', 'example.org'],
    [{ allowAddresses: ['fd00::/8'] }, 'fe80::1', 'example.org'],
    [{ allowAddresses: ['*.example.com'] }, '10.0.0.1', 'example.com'],
    [{ allowAddresses: ['*.example.com'] }, '10.0.0.1', 'notexample.com'],
    [{ allowAddresses: ['hooks.example.com'] }, '10.0.0.1', 'hooks.example.com.evil.example'],
    [{ allowAddresses: ['hooks.example.com'] }, '10.0.0.1', '10.0.0.1'],
    [{ denyAddresses: ['8.8.8.0/24'] }, '8.8.8.8', 'example.org'],
    [{ denyAddresses: ['8.8.8.8'] }, '::ffff:8.8.8.8', 'example.org'],
    [{ denyAddresses: ['8.8.8.8'], allowAddresses: ['8.8.8.0/24'] }, '8.8.8.8', 'example.org'],
    [{ denyAddresses: ['10.0.0.1'], allowAddresses: ['intern.example'] }, '10.0.0.1', 'intern.example'],
    [{ denyAddresses: ['fe80::/10'], allowPrivateAddresses: true }, 'fe80::1%eth0', 'example.org'],
    ...['169.254.169.254', '64:ff9b::a9fe:a9fe', '2002:a9fe:a9fe::1', '::a9fe:a9fe', '::ffff:0:a9fe:a9fe'].map(
      (address): [AddressOptions, string, string] => [
        { denyAddresses: ['169.254.0.0/16'], allowPrivateAddresses: true },
        address,
        'example.org',
      ],
    ),
  ])('%j does not let %s through for %s', (options, address, host) => {
    expect(lets(options, address, host)).toBe(false);
  });

  it.each<[AddressOptions, string]>([
    [{}, 'http://example.com/'],
    [{ schemes: ['https'] }, 'http://example.com/'],
    [{ ports: [443] }, 'https://example.com:8443/'],
    [{ ports: [443], schemes: ['http'] }, 'http://example.com/'],
    ...[22, 25, 465, 587, 3306, 5432, 6379, 27017].map((port): [AddressOptions, string] => [
      {},
      `https://example.com:${port}/`,
    ]),
    [{ ports: null }, 'https://example.com:22/'],
    [{ denyAddresses: ['example.com'] }, 'https://user:pass@EXAMPLE.com./'],
    [{ denyAddresses: ['*.example.com'], allowAddresses: ['a.example.com'] }, 'https://a.example.com/'],
    [{ denyAddresses: ['8.8.8.8'] }, 'https://0x08080808/'],
    [{}, 'https://8.8.8.8@10.0.0.1/'],
    [{}, 'https://127.1/'],
    [{}, 'https://user:pass@[::ffff:10.0.0.1]/'],
    [{}, 'https://169.254.169.254/latest/meta-data'],
    [{}, 'https://168.63.129.16/machine'],
  ])('%j refuses the URL %s before its host is resolved', (options, url) => {
    expect(new PublicAddressPolicy(options).urlRefusal(new URL(url))).not.toBeNull();
  });

  it.each<[AddressOptions, string]>([
    [{}, 'https://example.com:8080/'],
    [{}, 'https://example.com:40000/'],
    [{ schemes: ['http'] }, 'http://example.com:8080/'],
    [{ ports: [5432] }, 'https://example.com:5432/'],
    [{}, 'https://8.8.8.8/'],
    [{}, 'https://example.com/'],
    // A name is resolved only when the connection is made.
    [{}, 'https://localhost/'],
    [{ allowPrivateAddresses: true }, 'https://127.1/'],
    [{ allowPrivateAddresses: true }, 'https://user:pass@[::ffff:10.0.0.1]/'],
    [{ allowPrivateAddresses: true }, 'https://169.254.169.254/latest/meta-data'],
    [{ schemes: ['http'], ports: [80] }, 'http://example.com/'],
    [{ schemes: ['https'], ports: [8443, 443] }, 'https://example.com/'],
    [{ ports: [8443, 443] }, 'https://example.com:8443/'],
    [{ ports: null }, 'https://example.com:1/'],
    [{ schemes: ['https', 'http'] }, 'http://example.com/'],
    [{ schemes: ['https', 'http'] }, 'https://example.com/'],
    [{ denyAddresses: ['*.example.com'] }, 'https://example.com/'],
    [{ allowAddresses: ['10.0.0.0/8'] }, 'https://10.0.0.1/'],
  ])('%j accepts the URL %s', (options, url) => {
    expect(new PublicAddressPolicy(options).urlRefusal(new URL(url))).toBeNull();
  });
});

describe('A refusal', () => {
  it.each<[AddressOptions, string, string]>([
    [{ schemes: ['https'] }, 'http://example.com/', 'http is not among the allowed schemes (https)'],
    [{}, 'https://example.com:22/', 'port 22 is one of another service'],
    [{ ports: [443, 8443] }, 'https://example.com:1/', 'port 1 is not among the allowed ports (443, 8443)'],
    [{ denyAddresses: ['example.com'] }, 'https://example.com/', 'example.com is on the deny list'],
    [{ denyAddresses: ['8.8.8.8'] }, 'https://8.8.8.8/', '8.8.8.8 is on the deny list'],
  ])('by %j of %s says: %s', (options, url, reason) => {
    expect(new PublicAddressPolicy(options).urlRefusal(new URL(url))).toBe(reason);
  });

  it('of what is no address says so', () => {
    expect(new PublicAddressPolicy({ allowPrivateAddresses: true }).refusal('example', 'example')).toBe(
      'example is not an IP address',
    );
  });
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
