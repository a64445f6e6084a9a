import { BlockList, isIP } from 'node:net';
import { InvalidWebhooksOptionError } from '../webhooks.errors.js';
import { parseIpAddress, type IpAddress } from './ip-address.js';

const ALLOWED = "a list of IP addresses ('10.1.2.3'), CIDR ranges ('10.1.0.0/16') and host names ('*.example.com')";

/** A list of IP addresses, ranges and host names, as an option gives it. */
export class AddressList {
  /** Apart, since a BlockList finds each IPv4 address in `::/0`. */
  private readonly ranges = { ipv4: new BlockList(), ipv6: new BlockList() };
  private readonly hosts = new Set<string>();
  /** Each with a dot in front. */
  private readonly domains: string[] = [];

  /**
   * @param option the option's path, for the error
   * @param entries IP addresses, CIDR ranges, host names, or `*.` and a host name for all names under it, not itself
   * @throws InvalidWebhooksOptionError with the first entry that is none of these
   */
  constructor(option: string, entries: readonly string[]) {
    if (!Array.isArray(entries)) throw new InvalidWebhooksOptionError(option, entries, ALLOWED);
    entries.forEach((entry: unknown, index) => {
      if (typeof entry !== 'string' || !(this.addRange(entry) || this.addHost(entry))) {
        throw new InvalidWebhooksOptionError(`${option}[${index}]`, entry, `one of ${ALLOWED}`);
      }
    });
  }

  /** Whether an entry names the address or has it in its range. */
  hasAddress(address: IpAddress): boolean {
    return this.ranges[address.kind()].check(address.toString(), address.kind());
  }

  /** Whether an entry names the host. `host` is as URL gives it. */
  hasHost(host: string): boolean {
    const name = host.replace(/\.$/, '');
    return this.hosts.has(name) || this.domains.some((domain) => name.endsWith(domain));
  }

  private addRange(entry: string): boolean {
    const [, address = '', bits] = /^([\d.]+|[\da-f:.]*:[\da-f:.]*)(?:\/(\d{1,3}))?$/i.exec(entry) ?? [];
    const version = isIP(address);
    if (version === 0) return false;
    const family = version === 4 ? 'ipv4' : 'ipv6';
    // An IPv4-mapped address is looked up as the IPv4 address that it is, and would never be found.
    if (parseIpAddress(address)?.kind() !== family) return false;
    const width = version === 4 ? 32 : 128;
    const prefix = bits === undefined ? width : Number(bits);
    if (prefix > width) return false;
    this.ranges[family].addSubnet(address, prefix, family);
    return true;
  }

  private addHost(entry: string): boolean {
    const [, star, text = ''] = /^(\*\.)?([^*/:@?#%\\\s[\]]+)$/.exec(entry) ?? [];
    if (!URL.canParse(`http://${text}/`)) return false;
    // In the spelling of URL.hostname: lower case, punycode.
    const name = new URL(`http://${text}/`).hostname.replace(/\.$/, '');
    if (isIP(name) !== 0 || name.split('.').includes('')) return false;
    if (star === undefined) this.hosts.add(name);
    else this.domains.push(`.${name}`);
    return true;
  }
}

/** Refuses what `AddressList` does, with the same error. The list itself is made where it is used. */
export function checkAddressList(option: string, entries: readonly string[]): void {
  new AddressList(option, entries);
}
