import { lookup as dnsLookup, type LookupAddress, type LookupAllOptions } from 'node:dns';
import type { LookupFunction, Socket } from 'node:net';
import { LRUCache } from 'lru-cache';
import { Agent, buildConnector, Client, type Dispatcher, Pool } from 'undici';
import type { WebhookAddressPolicy } from '../../destinations/address-policy.js';
import { mostReadBytes, ReadLimit } from './read-limit.js';
import { addressRefused, TransportError } from './webhook-transport.js';

/** Finds all addresses of a host name, as `lookup` of `node:dns` does. */
export type HostLookup = (
  hostname: string,
  options: LookupAllOptions,
  callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/** How connections are made and limited; times in ms. */
export interface ConnectionOptions {
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly addresses: WebhookAddressPolicy;
  /** Default: `lookup` of `node:dns`. */
  readonly lookup?: HostLookup;
  /** Certificate authorities, PEM. Default: those that Node trusts. */
  readonly ca?: string;
}

/** Information about the connection of a request. The connection fills it in. */
export interface ConnectionNote {
  /** Whether the connection existed before the request. The receiver may then just have closed it. */
  reused: boolean;
}

/** Options of a request over one of the agents, besides undici's own. */
export interface NotedRequest {
  readonly connectionNote?: ConnectionNote;
}

/** A URL in the parts that undici takes. */
export interface Target {
  readonly url: URL;
  readonly origin: string;
  readonly path: string;
}

const MAX_HEADER_BYTES = 16 * 1024;
/** A receiver may ask for more. Idle sockets would then stay open to an address that was checked long ago. */
const MAX_IDLE_MS = 60_000;
/** Enough for the URLs of a busy platform's partners. */
const MOST_TARGETS = 10_000;

/** The connections of deliveries. The address of each is checked when it is made. Redirects are not followed. */
export class WebhookAgents {
  /** Keeps connections alive, pooled by origin. */
  readonly pooled: Agent;
  /** Makes a connection for each request. */
  readonly fresh: Agent;
  private readonly targets = new LRUCache<string, Target>({ max: MOST_TARGETS });

  constructor(options: ConnectionOptions) {
    this.pooled = agent(options, 1);
    this.fresh = agent(options, 0);
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
    await Promise.all([this.pooled.destroy(), this.fresh.destroy()]);
  }
}

/** @param pipelining requests at once on a connection. With 0, undici does not keep connections */
function agent(options: ConnectionOptions, pipelining: 0 | 1): Agent {
  const connect = timedConnector(
    {
      lookup: checkedLookup(options.addresses, options.lookup),
      // If a host has several addresses, all of them are tried, whatever Node's default is.
      autoSelectFamily: true,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
    // undici checks whether a request was aborted only when its connection is ready.
    Math.min(options.connectTimeoutMs, options.timeoutMs),
  );
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

/**
 * Resolves a name for a connection that is about to be made, and returns only addresses that may be called. Node connects
 * to these and does not resolve the name again, so it cannot be pointed elsewhere meanwhile (SSRF by DNS rebinding).
 */
export function checkedLookup(addresses: WebhookAddressPolicy, lookup: HostLookup = dnsLookup): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) {
        callback(unresolved(hostname, error), '', 0);
        return;
      }
      const refusals = found.map(({ address }) => addresses.refusal(address, hostname));
      const allowed = found.filter((_, index) => refusals[index] === null);
      const [first] = allowed;
      if (found.length === 0) callback(unresolved(hostname), '', 0);
      else if (first === undefined) callback(addressRefused(`${hostname}: ${refusals.join('; ')}`), '', 0);
      else if (options.all === true) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function unresolved(hostname: string, cause?: Error): TransportError {
  return new TransportError('dns', `${hostname} could not be resolved: ${cause?.message ?? 'it has no address'}`, {
    cause,
  });
}

/** undici's connector returns the socket that is being connected, although its type does not say so. */
type SocketConnector = (...parameters: Parameters<buildConnector.connector>) => Socket;

/**
 * Makes connections, TLS included, and gives each up at its deadline. undici's own deadline may be a second late,
 * because its clock ticks twice a second. This one costs a timer for each connection, and none for requests on kept
 * ones.
 *
 * @param timeoutMs for the whole connection, including the lookup of its name
 */
export function timedConnector(options: buildConnector.BuildOptions, timeoutMs: number): buildConnector.connector {
  const connect = buildConnector({ ...options, timeout: 0 }) as SocketConnector;
  return (target, callback) => {
    const socket = connect(target, (...result) => {
      deadline.cancel();
      callback(...result);
    });
    const deadline = new Deadline(timeoutMs, () => {
      const message = `No connection to ${target.hostname} within ${timeoutMs} ms.`;
      socket.destroy(new TransportError('connect_timeout', message));
    });
  };
}

/** The end of the time that a receiver has. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;
  private lastLook: NodeJS.Immediate | undefined;

  /**
   * Calls `passed` after `ms`, unless it is cancelled before.
   *
   * After the process stood still, Node runs its timers before it reads its sockets. An answer that came in time would seem to
   * be late, and the receiver to fail. Therefore, what has arrived is read before `passed` is called.
   */
  constructor(ms: number, passed: () => void) {
    this.timer = setTimeout(() => {
      this.lastLook = setImmediate(passed);
    }, ms);
  }

  cancel(): void {
    clearTimeout(this.timer);
    clearImmediate(this.lastLook);
  }
}
