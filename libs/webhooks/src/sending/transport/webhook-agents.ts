import type { LookupFunction } from 'node:net';
import { createSecureContext } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { Agent, Client, type buildConnector, type Dispatcher, Pool } from 'undici';
import type { WebhookAddressPolicy } from '../../destinations/address-policy.js';
import { checkedLookup, type HostLookup } from './checked-lookup.js';
import { proxyConnector, timedConnector } from './connectors.js';
import { mostReadBytes, ReadLimit, type ExchangeAgents, type NotedRequest, type Target } from './exchange.js';
import { NameLookups } from './name-lookups.js';

/** How connections are made and limited; times in ms. */
export interface ConnectionOptions {
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly addresses: WebhookAddressPolicy;
  /** Default: the hosts file and name servers of the system. */
  readonly lookup?: HostLookup;
  /** Name servers for the default `lookup`. */
  readonly nameServers?: readonly string[];
  /** Certificate authorities, PEM; null for those that Node trusts. */
  readonly ca: readonly string[] | null;
  /** The URL of a proxy that makes the connections; null for none. */
  readonly proxy: string | null;
}

const MAX_HEADER_BYTES = 16 * 1024;
/** A receiver may ask for more. Idle sockets would then stay open to an address that was checked long ago. */
const MAX_IDLE_MS = 60_000;
/** Enough for the URLs of a busy platform's partners. */
const MOST_TARGETS = 10_000;

/** The connections of deliveries. The address of each is checked when it is made. Redirects are not followed. */
export class WebhookAgents implements ExchangeAgents {
  /** Keeps connections alive, pooled by origin. */
  readonly pooled: Agent;
  /** Makes a connection for each request. */
  readonly fresh: Agent;
  private readonly targets = new LRUCache<string, Target>({ max: MOST_TARGETS });
  private readonly names: NameLookups;

  constructor(options: ConnectionOptions) {
    const { nameServers } = options;
    this.names = new NameLookups({
      timeoutMs: connectionMs(options),
      ...(nameServers === undefined ? {} : { servers: nameServers }),
    });
    const lookup = checkedLookup(options.addresses, options.lookup ?? this.names.lookup);
    this.pooled = agent(options, lookup, 1);
    this.fresh = agent(options, lookup, 0);
  }

  /** The target of a URL. It is parsed once, because most deliveries go to URLs that were used before. */
  target(text: string): Target {
    const known = this.targets.get(text);
    if (known !== undefined) return known;
    const url = new URL(text);
    const target = { url, origin: url.origin, path: url.pathname + url.search };
    this.targets.set(text, target);
    return target;
  }

  /** Aborts all requests and closes all connections. */
  async destroy(): Promise<void> {
    this.names.close();
    await Promise.all([this.pooled.destroy(), this.fresh.destroy()]);
  }
}

/** undici checks whether a request was aborted only when its connection is ready, so a connection ends with its request. */
function connectionMs({ connectTimeoutMs, timeoutMs }: ConnectionOptions): number {
  return Math.min(connectTimeoutMs, timeoutMs);
}

/** @param pipelining requests at once on a connection. With 0, undici does not keep connections */
function agent(options: ConnectionOptions, lookup: LookupFunction, pipelining: 0 | 1): Agent {
  const connect = connector(options, lookup);
  const mostBytes = mostReadBytes(MAX_HEADER_BYTES, options.maxResponseBytes);
  const newClient = (url: URL, client: Client.Options): Client => {
    const limit = new ReadLimit(mostBytes);
    return new NotingClient(url, { ...client, connect: limit.on(connect) }, limit);
  };
  return new Agent({
    // Each exchange has its own deadline for the whole.
    headersTimeout: 0,
    bodyTimeout: 0,
    maxHeaderSize: MAX_HEADER_BYTES,
    keepAliveMaxTimeout: MAX_IDLE_MS,
    pipelining,
    factory: (origin, pool) => new Pool(origin, { ...pool, factory: newClient }),
  });
}

function connector(options: ConnectionOptions, lookup: LookupFunction): buildConnector.connector {
  const { ca, proxy } = options;
  const tls = {
    // Otherwise, NODE_TLS_REJECT_UNAUTHORIZED would turn the verification off.
    rejectUnauthorized: true,
    // Made once, because the certificates of a context are parsed when it is made.
    ...(ca === null ? {} : { secureContext: createSecureContext({ ca: [...ca] }) }),
  };
  if (proxy !== null) return proxyConnector(new URL(proxy), tls, connectionMs(options));
  // If a host has several addresses, all of them are tried, whatever Node's default is.
  return timedConnector({ ...tls, lookup, autoSelectFamily: true }, connectionMs(options));
}

/** One connection. */
class NotingClient extends Client {
  /**
   * Updated by events, because `stats` creates an object on each call. A connection that is just breaking still counts.
   */
  private connected = false;

  constructor(
    origin: URL,
    options: Client.Options,
    private readonly limit: ReadLimit,
  ) {
    super(origin, options);
    this.on('connect', () => (this.connected = true));
    this.on('disconnect', () => (this.connected = false));
  }

  override dispatch(options: Dispatcher.DispatchOptions & NotedRequest, handler: Dispatcher.DispatchHandler): boolean {
    if (options.connectionNote !== undefined) options.connectionNote.reused = this.connected;
    // A connection takes one request at a time.
    this.limit.restart();
    return super.dispatch(options, handler);
  }
}
