import ipaddr from 'ipaddr.js';

/** All that IANA has assigned as global unicast. */
const GLOBAL_IPV6 = ipaddr.IPv6.parseCIDR('2000::/3');

/** Decides which network addresses deliveries may go to. A host may replace it by token. */
export abstract class WebhookAddressPolicy {
  /**
   * @param address an IP address in text form, as a host name resolved to it or as it stands in a URL
   * @returns null when it may be called, else the reason why not
   */
  abstract refusal(address: string): string | null;
}

/** Lets requests go to public addresses only, unless private ones are allowed for development. */
export class PublicAddressPolicy extends WebhookAddressPolicy {
  constructor(private readonly allowPrivate: boolean) {
    super();
  }

  refusal(address: string): string | null {
    if (this.allowPrivate) return null;
    if (!ipaddr.isValid(address)) return `${address} is not an IP address`;
    // process() sees through IPv4-mapped IPv6; every range that is not plain unicast has a name of its own, the NAT64
    // and 6to4 forms that could lead back inside among them.
    const parsed = ipaddr.process(address);
    const range = parsed.range();
    if (range !== 'unicast') return `${address} is not a public address (${range})`;
    // ipaddr.js calls what has no name unicast, the old IPv4-compatible ::7f00:1 included.
    if (parsed instanceof ipaddr.IPv6 && !parsed.match(GLOBAL_IPV6))
      return `${address} is not a public address (unassigned)`;
    return null;
  }
}

/** The IP address that a URL names literally, without brackets, or null when its host is a name. */
export function literalAddress(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return ipaddr.isValid(host) ? host : null;
}
