import { isIP } from 'node:net';

/**
 * Decides where deliveries may go. It is asked when a partner subscribes and again at each attempt, so that what it refuses
 * later is refused from then on. A host may replace it by token.
 */
export abstract class WebhookAddressPolicy {
  /**
   * @param address an IP address in text form, as the host name resolved to it or as it stands in the URL
   * @param host the host of the URL: lower case, the same as `address` where the URL names an address
   * @returns null when it may be called, else the reason why not
   */
  abstract refusal(address: string, host: string): string | null;

  /**
   * What can be told before any name is resolved. By default this looks at an address that the URL names literally.
   *
   * @returns null when nothing speaks against the URL so far, else the reason why it may not be called
   */
  urlRefusal(url: URL): string | null {
    const address = literalAddress(url);
    return address === null ? null : this.refusal(address, address);
  }
}

/** The IP address that a URL names literally, without brackets, or null when its host is a name. */
export function literalAddress(url: URL): string | null {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(host) === 0 ? null : host;
}
