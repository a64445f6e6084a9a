import ipaddr from 'ipaddr.js';

/** A parsed IP address. An IPv4-mapped address becomes the IPv4 address that it contains. */
export type IpAddress = ReturnType<typeof ipaddr.process>;

/** The range that IANA has assigned as global unicast. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** The prefixes of IPv6 that carry an IPv4 address, and the byte at which it begins. */
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

/** The address of a text, or null when the text is not an address. The zone of a link-local address is ignored. */
export function parseIpAddress(text: string): IpAddress | null {
  const [address = ''] = text.split('%');
  return ipaddr.isValid(address) ? ipaddr.process(address) : null;
}

/** The IPv4 address to which a translator would forward a request to this IPv6 address, or null. */
export function carriedIpv4(address: IpAddress): IpAddress | null {
  if (!(address instanceof ipaddr.IPv6)) return null;
  const carrier = CARRIERS.find(({ prefix }) => address.match(prefix));
  return carrier === undefined ? null : ipaddr.fromByteArray(address.toByteArray().slice(carrier.at, carrier.at + 4));
}

/** The metadata service of Azure. Its address is public by its number, but leads to the machine's own host. */
const CLOUD_METADATA = ipaddr.parse('168.63.129.16').toString();

/** The name of the special range that contains an address, or null when the address is public. */
export function nonPublicRange(address: IpAddress): string | null {
  if (address.toString() === CLOUD_METADATA) return 'cloud metadata';
  // Every range other than unicast has a name, and so have NAT64 and 6to4, which could lead back into the private network.
  const range = address.range();
  if (range !== 'unicast') return range;
  // ipaddr.js calls every range without a name unicast, even the old IPv4-compatible ::7f00:1.
  return address instanceof ipaddr.IPv6 && !address.match(GLOBAL_IPV6) ? 'unassigned' : null;
}
