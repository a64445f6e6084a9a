import { isIP } from 'node:net';

/**
 * Decides where deliveries may go, as a protection against SSRF. It is asked when a partner subscribes and again at each
 * attempt, so that a stricter policy applies at once. A host may replace it (the extra `addressPolicy`).
 */
export abstract class WebhookAddressPolicy {
  /**
   * @param address an IP address in text form, to which the host name resolved or which the URL names
   * @param host the host of the URL: lower case, the same as `address` where the URL names an address
   * @returns null when the address may be called, otherwise the reason why not
   */
  abstract refusal(address: string, host: string): string | null;

  /**
   * Checks a URL before its host name is resolved. By default, this checks the IP address that the URL names literally.
   *
   * @returns null when the URL may be called as far as is known, otherwise the reason why not
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
