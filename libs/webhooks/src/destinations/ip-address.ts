import ipaddr from 'ipaddr.js';

/** An IP address in parsed form; an IPv4-mapped one is the IPv4 address that it stands for. */
export type IpAddress = ReturnType<typeof ipaddr.process>;

/** All that IANA has assigned as global unicast. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** The prefixes of IPv6 that carry an IPv4 address, and at which byte it stands. */
const CARRIERS = [
  // NAT64, RFC 6052
  { prefix: ipaddr.IPv6.parseCIDR('64:ff9b::/96'), at: 12 },
  // IPv4-compatible, RFC 4291
  { prefix: ipaddr.IPv6.parseCIDR('::/96'), at: 12 },
  // IPv4-translated, RFC 6145
  { prefix: ipaddr.IPv6.parseCIDR('::ffff:0:0:0/96'), at: 12 },
  // 6to4, RFC 3056
  { prefix: ipaddr.IPv6.parseCIDR('2002::/16'), at: 2 },
];

/** An address parsed, or null when the text is none. The zone of a link-local address plays no part. */
export function parseIpAddress(text: string): IpAddress | null {
  const [address = ''] = text.split('%');
  return ipaddr.isValid(address) ? ipaddr.process(address) : null;
}

/** The IPv4 address to which a translator on the way would send what goes to an IPv6 address, or null. */
export function carriedIpv4(address: IpAddress): IpAddress | null {
  if (!(address instanceof ipaddr.IPv6)) return null;
  const carrier = CARRIERS.find(({ prefix }) => address.match(prefix));
  return carrier === undefined ? null : ipaddr.fromByteArray(address.toByteArray().slice(carrier.at, carrier.at + 4));
}

/** The range that keeps an address from being a public one, in a word, or null when it is public. */
export function nonPublicRange(address: IpAddress): string | null {
  // Every range that is not plain unicast has a name of its own, the NAT64 and 6to4 forms that could lead back inside
  // among them.
  const range = address.range();
  if (range !== 'unicast') return range;
  // ipaddr.js calls what has no name unicast, the old IPv4-compatible ::7f00:1 included.
  return address instanceof ipaddr.IPv6 && !address.match(GLOBAL_IPV6) ? 'unassigned' : null;
}
