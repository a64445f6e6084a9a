import { checkAddressList } from '../subscriptions/addresses/address-list.js';
import { checkFlag, checkInteger, checkList, HOUR, isInteger, SECOND, withDefaults } from './option-checks.js';

/** The bounds of one HTTP request. */
export interface WebhooksRequestOptions {
  /** Until the connection stands, TLS included, in ms. Default: 5000. */
  connectTimeoutMs?: number;
  /** The whole exchange, the response's body included, in ms. Default: 15000. */
  timeoutMs?: number;
  /** How much of a response is read and kept, in bytes. Default: 16384. */
  maxResponseBytes?: number;
  /** Whether loopback, private, link-local and other non-public addresses may be called. For development. Default: false. */
  allowPrivateAddresses?: boolean;
  /**
   * Non-public addresses that may be called all the same: IP addresses (`10.1.2.3`), CIDR ranges (`10.1.0.0/16`,
   * `fd00::/8`), host names (`hooks.example.com`) or all names under one (`*.internal.example.com`, without itself). A host
   * name opens whatever it resolves to, at each attempt: name only hosts whose DNS you trust. Default: none.
   */
  allowAddresses?: string[];
  /** What may not be called, written in the same way; wins over all that is allowed. Default: none. */
  denyAddresses?: string[];
  /** The URL schemes that may be called. Default: both. */
  schemes?: ('https' | 'http')[];
  /** The ports that may be called, such as 443; null for any. Default: null. */
  ports?: number[] | null;
}

export type ResolvedRequestOptions = Readonly<Required<WebhooksRequestOptions>>;

export function resolveRequestOptions(given: WebhooksRequestOptions | undefined): ResolvedRequestOptions {
  const options = withDefaults<Required<WebhooksRequestOptions>>(
    {
      connectTimeoutMs: 5 * SECOND,
      timeoutMs: 15 * SECOND,
      maxResponseBytes: 16 * 1024,
      allowPrivateAddresses: false,
      allowAddresses: [],
      denyAddresses: [],
      schemes: ['https', 'http'],
      ports: null,
    },
    given,
  );
  const { ports, schemes } = options;
  checkInteger('request.connectTimeoutMs', options.connectTimeoutMs, 1, HOUR);
  checkInteger('request.timeoutMs', options.timeoutMs, 1, HOUR);
  checkInteger('request.maxResponseBytes', options.maxResponseBytes, 0, 1024 * 1024);
  checkFlag('request.allowPrivateAddresses', options.allowPrivateAddresses);
  checkAddressList('request.allowAddresses', options.allowAddresses);
  checkAddressList('request.denyAddresses', options.denyAddresses);
  checkList('request.schemes', schemes, (scheme) => ['https', 'http'].includes(scheme), "'https' or 'http'");
  if (ports !== null) {
    checkList('request.ports', ports, (port) => isInteger(port, 1, 65_535), 'whole numbers from 1 to 65535');
  }
  return options;
}
