import { Resolver, type LookupAddress } from 'node:dns';
import { LRUCache } from 'lru-cache';
import { messageOf } from '../../database/error-text.js';
import type { HostLookup } from './checked-lookup.js';
import { Deadline } from './exchange.js';
import { HostsFile, SYSTEM_HOSTS_FILE } from './hosts-file.js';

/** How names are resolved. */
export interface NameLookupOptions {
  /** The longest time of a lookup, in ms. */
  readonly timeoutMs: number;
  /** Name servers, as `setServers` of `node:dns` takes them. Default: those of the system. */
  readonly servers?: readonly string[];
  /** Default: the hosts file of the system. */
  readonly hostsFile?: string;
  /** A clock for the failures that are remembered, in ms. */
  readonly now?: () => number;
}

/** How long a failure is answered at once: less than the time between two attempts at a delivery. */
const FAILURE_MS = 3000;
const MOST_FAILURES = 1000;
/** How long the second family is waited for when the first has addresses, in ms. Some name servers never answer one. */
const SECOND_FAMILY_MS = 250;
const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

type Callback = Parameters<HostLookup>[2];

/**
 * Resolves names without threads: from the hosts file, or by asking the name servers (c-ares). `lookup` of `node:dns` would
 * keep one of the few threads of the process for each name, for as long as its name server is silent, and cannot be
 * cancelled. Four such names would stop all lookups, file access and more of the whole process.
 */
export class NameLookups {
  private readonly failures: LRUCache<string, NodeJS.ErrnoException>;
  private readonly hosts: HostsFile;
  private readonly underWay = new Set<Lookup>();

  constructor(private readonly options: NameLookupOptions) {
    this.hosts = new HostsFile(options.hostsFile ?? SYSTEM_HOSTS_FILE);
    const { now } = options;
    this.failures = new LRUCache({
      max: MOST_FAILURES,
      ttl: FAILURE_MS,
      ttlResolution: 0,
      ...(now === undefined ? {} : { perf: { now } }),
    });
  }

  readonly lookup: HostLookup = (hostname, _options, callback) => {
    const name = hostname.toLowerCase().replace(/\.$/, '');
    let known: readonly LookupAddress[] | null;
    try {
      known = this.addressesHere(name);
    } catch (error) {
      // Whoever connects expects no exception from a lookup.
      const message = `the hosts file cannot be read: ${messageOf(error)}`;
      setImmediate(callback, new Error(message, { cause: error }), []);
      return;
    }
    const failure = this.failures.get(name);
    if (known !== null) setImmediate(callback, null, [...known]);
    else if (failure !== undefined) setImmediate(callback, failure, []);
    else this.ask(name, callback);
  };

  /** Gives up all lookups that are under way. */
  close(): void {
    for (const lookup of this.underWay) lookup.giveUp('the process is shutting down');
  }

  private addressesHere(name: string): readonly LookupAddress[] | null {
    const isLoopback = name === 'localhost' || name.endsWith('.localhost');
    return this.hosts.addressesOf(name) ?? (isLoopback ? LOOPBACK : null);
  }

  private ask(name: string, callback: Callback): void {
    const lookup = new Lookup(name, this.options, (error, addresses) => {
      this.underWay.delete(lookup);
      if (error !== null) this.failures.set(name, error);
      callback(error, addresses);
    });
    this.underWay.add(lookup);
  }
}

/** One question to the name servers, for both families. It has a resolver of its own, because only a resolver can be cancelled. */
class Lookup {
  private readonly resolver: Resolver;
  private readonly deadline: Deadline;
  private readonly found: Record<4 | 6, readonly string[]> = { 4: [], 6: [] };
  private readonly errors: NodeJS.ErrnoException[] = [];
  private answers = 0;
  private patience: NodeJS.Timeout | undefined;
  private ended = false;

  constructor(
    name: string,
    { timeoutMs, servers }: NameLookupOptions,
    private readonly callback: Callback,
  ) {
    this.resolver = new Resolver();
    if (servers !== undefined) this.resolver.setServers(servers);
    this.deadline = new Deadline(timeoutMs, () => this.giveUp(`no answer within ${timeoutMs} ms`));
    this.resolver.resolve4(name, (error, addresses) => this.take(4, error, addresses));
    this.resolver.resolve6(name, (error, addresses) => this.take(6, error, addresses));
  }

  giveUp(reason: string): void {
    if (this.hasAddress) this.end(null);
    else this.end(Object.assign(new Error(reason), { code: 'ETIMEOUT' }));
  }

  private take(family: 4 | 6, error: NodeJS.ErrnoException | null, addresses: readonly string[] | undefined): void {
    if (this.ended) return;
    this.answers += 1;
    if (error === null) this.found[family] = addresses ?? [];
    else this.errors.push(error);
    if (this.answers === 2) this.end(this.hasAddress ? null : (this.errors[0] ?? null));
    else if (this.hasAddress) this.patience = setTimeout(() => this.end(null), SECOND_FAMILY_MS);
  }

  private get hasAddress(): boolean {
    return this.found[4].length + this.found[6].length > 0;
  }

  private end(error: NodeJS.ErrnoException | null): void {
    if (this.ended) return;
    this.ended = true;
    this.deadline.cancel();
    clearTimeout(this.patience);
    this.resolver.cancel();
    const addresses = ([4, 6] as const).flatMap((family) => this.found[family].map((address) => ({ address, family })));
    this.callback(error, addresses);
  }
}
