import { X509Certificate } from 'node:crypto';
import {
  flag,
  HOUR,
  integer,
  isInteger,
  list,
  listOrNull,
  parsedElsewhere,
  SECOND,
  type Option,
} from './option-table.js';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';

/** How deliveries are sent, and where they may go. */
export const REQUEST = {
  /** The longest time to connect, including TLS, in ms. Default: 5000. */
  connectTimeoutMs: integer(5 * SECOND, 1, HOUR),
  /** The longest time of a whole exchange, including the response's body, in ms. Default: 15000. */
  timeoutMs: integer(15 * SECOND, 1, HOUR),
  /**
   * The largest body that is sent, in bytes, without the webhook's own part. If a body is larger, the attempts of its
   * deliveries fail with PayloadTooLargeError. Default: 1048576.
   */
  maxBodyBytes: integer(1024 * 1024, 1024, 8 * 1024 * 1024),
  /** How much of a response's body is read, in bytes, and stored, unless it is 200 to 299: then, at most 1024. Default: 16384. */
  maxResponseBytes: integer(16 * 1024, 0, 1024 * 1024),
  /** Whether loopback, private, link-local and other non-public addresses may be called. For development. Default: false. */
  allowPrivateAddresses: flag(false),
  /**
   * Non-public addresses that may be called: IP addresses (`10.1.2.3`), CIDR ranges (`10.1.0.0/16`, `fd00::/8`), host
   * names (`hooks.example.com`) or all names under one (`*.internal.example.com`, which does not include
   * `internal.example.com`). A host name allows every address to which it resolves, at each attempt, so name only hosts
   * whose DNS you trust. Default: none.
   */
  allowAddresses: parsedElsewhere<readonly string[]>([]),
  /**
   * Addresses, ranges and hosts that must not be called, in the same notation. This overrides everything that is
   * allowed. Default: none.
   */
  denyAddresses: parsedElsewhere<readonly string[]>([]),
  /** The URL schemes that may be called. Default: `https` alone. */
  schemes: list<'https' | 'http'>(['https'], (scheme) => scheme === 'https' || scheme === 'http', "'https' or 'http'"),
  /** The ports that may be called, such as 443; null for all but those of databases, mail, shells and other services. Default: null. */
  ports: listOrNull<number>((port) => isInteger(port, 1, 65_535), 'whole numbers from 1 to 65535'),
  /**
   * The certificate authorities, PEM, that are trusted instead of those of Node; null for those of Node. To trust an authority of
   * your own too: `[...tls.rootCertificates, own]`. Default: null.
   */
  ca: { default: null, check: checkAuthorities } as Option<readonly string[] | null>,
  /**
   * The URL of an egress proxy that makes all connections, such as `http://name:password@proxy.internal:3128`; null for none.
   * It resolves the names, so it has to refuse addresses that must not be called; of them, only those that a URL names are
   * checked here. Default: null.
   */
  proxy: { default: null, check: checkProxy } as Option<string | null>,
};

/** The error does not show the value, because it may be a private key. */
function checkAuthorities(path: string, value: unknown): void {
  if (value === null) return;
  if (!Array.isArray(value) || value.length === 0) {
    throw new InvalidWebhooksOptionError(
      path,
      `of type ${typeof value}`,
      'a list of at least one certificate in PEM, or null',
    );
  }
  value.forEach((authority: unknown, index) => {
    if (isCertificate(authority)) return;
    throw new InvalidWebhooksOptionError(`${path}[${index}]`, `of type ${typeof authority}`, 'a certificate in PEM');
  });
}

function isCertificate(value: unknown): boolean {
  try {
    return typeof value === 'string' && new X509Certificate(value).raw.length > 0;
  } catch {
    return false;
  }
}

/** The error does not show the URL, because it may contain a password. */
function checkProxy(path: string, value: unknown): void {
  if (value === null) return;
  const isUrl = typeof value === 'string' && URL.canParse(value);
  if (isUrl && ['http:', 'https:'].includes(new URL(value).protocol)) return;
  const given = isUrl ? `a URL with the scheme ${new URL(value).protocol}` : `of type ${typeof value}`;
  throw new InvalidWebhooksOptionError(path, given, 'an http or https URL, or null');
}
