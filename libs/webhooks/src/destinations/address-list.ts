import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import type { IpAddress } from './ip-address.js';

const ALLOWED = "a list of IP addresses ('10.1.2.3'), CIDR ranges ('10.1.0.0/16') and host names ('*.example.com')";

/** A list of IP addresses, ranges and host names that an option contains. */
export class AddressList {
  /** Each as an address and a prefix length. */
  private readonly ranges: (readonly [IpAddress, number])[] = [];
  private readonly hosts = new Set<string>();
  /** Each begins with a dot. */
  private readonly domains: string[] = [];

  /**
   * @param option the option's path, for the error
   * @param entries IP addresses, CIDR ranges, host names, or `*.` and a host name for all names under it, not itself
   * @throws InvalidWebhooksOptionError names the first entry that is none of these
   */
  constructor(option: string, entries: readonly string[]) {
    if (!Array.isArray(entries)) throw new InvalidWebhooksOptionError(option, entries, ALLOWED);
    entries.forEach((entry: unknown, index) => {
      if (typeof entry !== 'string' || !(this.addRange(entry) || this.addHost(entry))) {
        throw new InvalidWebhooksOptionError(`${option}[${index}]`, entry, `one of ${ALLOWED}`);
      }
    });
  }

  /** Whether an entry is the address or a range that contains it. No IPv4 address is in `::/0`. */
  hasAddress(address: IpAddress): boolean {
    return this.ranges.some(([range, prefix]) => range.kind() === address.kind() && address.match(range, prefix));
  }

  /**
   * Whether an entry names the host.
   *
   * @param host in the notation of `URL.hostname`
   */
  hasHost(host: string): boolean {
    const name = host.replace(/\.$/, '');
    return this.hosts.has(name) || this.domains.some((domain) => name.endsWith(domain));
  }

  private addRange(entry: string): boolean {
    const range = rangeOf(entry);
    if (range !== null) this.ranges.push(range);
    return range !== null;
  }

  private addHost(entry: string): boolean {
    const [, star, text = ''] = /^(\*\.)?([^*/:@?#%\\\s[\]]+)$/.exec(entry) ?? [];
    if (!URL.canParse(`http://${text}/`)) return false;
    // The notation of URL.hostname is lower case and punycode.
    const name = new URL(`http://${text}/`).hostname.replace(/\.$/, '');
    if (isIP(name) !== 0 || name.split('.').includes('')) return false;
    if (star === undefined) this.hosts.add(name);
    else this.domains.push(`.${name}`);
    return true;
  }
}

/** The range of a CIDR text, or of a single IP address; null when the text is neither. */
function rangeOf(text: string): [IpAddress, number] | null {
  const [address = ''] = text.split('/');
  const version = isIP(address);
  // ipaddr.js also reads `10.1`, `0x7f.1` and zones such as `%eth0`, which are not allowed here.
  if (version === 0 || address.includes('%')) return null;
  const cidr = address === text ? `${text}/${version === 4 ? 32 : 128}` : text;
  if (!ipaddr.isValidCIDR(cidr)) return null;
  const [first, prefix] = ipaddr.parseCIDR(cidr);
  // An IPv4-mapped address is looked up as the IPv4 address that it contains, so such an entry would never match.
  return first instanceof ipaddr.IPv6 && first.isIPv4MappedAddress() ? null : [first, prefix];
}

/** Throws the error that the constructor of `AddressList` would throw. */
export function checkAddressList(option: string, entries: readonly string[]): void {
  new AddressList(option, entries);
}
