import { LRUCache } from 'lru-cache';
import { literalAddress, WebhookAddressPolicy } from './address-policy.js';
import type { WebhooksRequestOptions } from '../webhooks.options.js';
import { AddressList } from './address-list.js';
import { SERVICE_PORTS } from './service-ports.js';
import { carriedIpv4, nonPublicRange, parseIpAddress } from './ip-address.js';

/** The options of `request` that say where deliveries may go. */
export type AddressOptions = Pick<
  WebhooksRequestOptions,
  'allowPrivateAddresses' | 'allowAddresses' | 'denyAddresses' | 'schemes' | 'ports'
>;

const DEFAULT_PORTS: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };
/** Enough for the origins of a busy platform's partners. */
const MOST_JUDGED = 10_000;

interface Judgement {
  /** Why requests must not go there; null when they are allowed. */
  readonly refusal: string | null;
}

/** Allows requests to public addresses. The host's options allow and deny further addresses, hosts, schemes and ports. */
export class PublicAddressPolicy extends WebhookAddressPolicy {
  private readonly allowed: AddressList;
  private readonly denied: AddressList;
  /**
   * By origin, because no other part of a URL matters and each delivery asks. The reason is in an object, because the
   * cache cannot store null.
   */
  private readonly judged = new LRUCache<string, Judgement>({ max: MOST_JUDGED });

  /**
   * @param options as in `request` of the module's options. Default: public addresses only, https only, any port but `SERVICE_PORTS`
   * @throws InvalidWebhooksOptionError names the entry of `allowAddresses` or `denyAddresses` that is malformed
   */
  constructor(private readonly options: AddressOptions = {}) {
    super();
    this.allowed = new AddressList('request.allowAddresses', options.allowAddresses ?? []);
    this.denied = new AddressList('request.denyAddresses', options.denyAddresses ?? []);
  }

  override urlRefusal(url: URL): string | null {
    const known = this.judged.get(url.origin);
    if (known !== undefined) return known.refusal;
    const refusal = this.judge(url);
    this.judged.set(url.origin, { refusal });
    return refusal;
  }

  private judge(url: URL): string | null {
    const { schemes = ['https'], ports = null } = this.options;
    const scheme = url.protocol.slice(0, -1);
    if (!schemes.some((one) => one === scheme)) {
      return `${scheme} is not among the allowed schemes (${schemes.join(', ')})`;
    }
    const port = url.port === '' ? (DEFAULT_PORTS[url.protocol] ?? 0) : Number(url.port);
    if (ports !== null && !ports.includes(port)) {
      return `port ${port} is not among the allowed ports (${ports.join(', ')})`;
    }
    if (ports === null && SERVICE_PORTS.has(port)) return `port ${port} is one of another service`;
    if (literalAddress(url) === null && this.denied.hasHost(url.hostname)) {
      return `${url.hostname} is on the deny list`;
    }
    return super.urlRefusal(url);
  }

  refusal(address: string, host: string): string | null {
    const parsed = parseIpAddress(address);
    if (parsed === null) return `${address} is not an IP address`;
    const carried = carriedIpv4(parsed);
    if (this.denied.hasAddress(parsed) || (carried !== null && this.denied.hasAddress(carried))) {
      return `${address} is on the deny list`;
    }
    if (this.options.allowPrivateAddresses === true) return null;
    if (this.allowed.hasAddress(parsed) || this.allowed.hasHost(host)) return null;
    const range = nonPublicRange(parsed);
    return range === null ? null : `${address} is not a public address (${range})`;
  }
}
