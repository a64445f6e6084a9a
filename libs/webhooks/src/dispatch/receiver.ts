import type { ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { SendableDelivery } from '../deliveries/claim.js';
import { Circuit } from './circuit.js';

/** A receiver that has not answered a request for this long gets no others. One that took as long to answer is slow. */
const STALL_MS = 1000;
/**
 * No more is claimed for a receiver than will probably be sent within this time, because another process may be faster.
 */
const CLAIMED_AHEAD_MS = 500;
/** The weight of each new request in the expected duration of the next ones. */
const WEIGHT = 1 / 8;

/** A delivery that is being sent. */
export interface StartedRequest {
  readonly receiver: Receiver;
  readonly delivery: SendableDelivery;
  readonly startedAt: number;
  /** The origin of the URL that it goes to. */
  readonly origin: string;
}

/**
 * What this process knows of a receiver: it works; it is new; or it is suspect, because its last attempt failed or was slow,
 * or is late. Those that do not work must leave room for the others.
 */
export type Standing = 'works' | 'new' | 'suspect';

/**
 * One webhook's receiver, as this process sees it: the waiting deliveries, the running requests, and how many requests
 * it may get at once. That number begins at 1. Each success adds one, up to the limit, and each failure halves it.
 */
export class Receiver {
  /** Claimed, not yet sent. */
  readonly waiting: SendableDelivery[] = [];
  /** In the order in which they were started. */
  readonly running = new Set<StartedRequest>();
  readonly circuit: Circuit;
  /** Empty until a delivery was claimed for it, as is `origin`. */
  connectionId = '';
  /** The origin of its webhook's URL. */
  origin = '';
  /** Since when every attempt has failed, as far as this process knows. */
  failingSince: number | null = null;
  /** Whether its webhook is to be deactivated, or has been deactivated; null again when it is found active. */
  deactivation: 'to be stored' | 'stored' | null = null;
  private allowed = 1;
  private msEach: number | null = null;
  private lastAttempt: 'succeeded' | 'failed' | null = null;
  private isSlow = false;
  private url = '';
  private usedAt = 0;

  constructor(
    readonly webhookId: string,
    private readonly options: ResolvedWebhooksOptions,
  ) {
    this.circuit = new Circuit(options.circuit);
  }

  /**
   * How many more deliveries may be claimed for it, so that some wait behind the running requests. It is 0 until half
   * of them are gone, because a claim of few costs nearly as much as a claim of many.
   */
  room(now: number): number {
    if (this.isHeld(now)) return 0;
    const most = this.circuit.isProbing ? 1 : this.allowed + this.ahead;
    const room = most - this.running.size - this.waiting.length;
    return room < most / 2 ? 0 : room;
  }

  /** How many more requests to it may begin now. None may while it is held or being probed. */
  free(now: number): number {
    if (this.isHeld(now) || this.circuit.isProbing) return 0;
    return this.allowed - this.running.size - this.waiting.length;
  }

  /** Whether the next waiting delivery may be sent. */
  mayStart(now: number): boolean {
    const most = this.circuit.isProbing ? 1 : this.allowed;
    return this.waiting.length > 0 && this.running.size < most && !this.isHeld(now);
  }

  /** Whether nothing may be sent now. Claimed deliveries are then given back. */
  isHeld(now: number): boolean {
    return this.deactivation !== null || this.circuit.isOpen(now) || this.isStalled(now);
  }

  standing(now: number): Standing {
    if (this.lastAttempt === 'failed' || this.isSlow || this.isStalled(now)) return 'suspect';
    return this.lastAttempt === null ? 'new' : 'works';
  }

  enqueue(delivery: SendableDelivery): void {
    const { url, connectionId } = delivery.webhook;
    this.connectionId = connectionId;
    if (url !== this.url) this.origin = new URL(url).origin;
    this.url = url;
    this.waiting.push(delivery);
  }

  /**
   * Notes that its webhook is stored as active.
   *
   * @param openUntil until when its circuit is stored as open; null when it is closed
   */
  found(openUntil: number | null): void {
    if (this.deactivation === 'stored') this.deactivation = null;
    this.circuit.found(openUntil);
  }

  /** Ends a probe for which there was no delivery. The circuit stays open, and another process may probe it later. */
  giveUpIdleProbe(): void {
    if (this.waiting.length + this.running.size === 0) this.circuit.endProbe();
  }

  /** Whether nothing about it has to be remembered. */
  isForgettable(now: number): boolean {
    return now - this.usedAt > this.options.circuit.windowMs && !this.isHeld(now);
  }

  /** Notes how long a request has taken, in ms. */
  took(durationMs: number): void {
    this.isSlow = durationMs > STALL_MS;
    this.msEach = this.msEach === null ? durationMs : this.msEach + (durationMs - this.msEach) * WEIGHT;
  }

  succeeded(now: number): void {
    this.usedAt = now;
    this.allowed = Math.min(this.allowed + 1, this.options.dispatch.concurrencyPerWebhook);
    this.lastAttempt = 'succeeded';
    this.circuit.succeeded(now);
  }

  /** @returns whether the circuit must open */
  failed(now: number): boolean {
    this.usedAt = now;
    this.allowed = Math.max(1, Math.floor(this.allowed / 2));
    this.lastAttempt = 'failed';
    return this.circuit.failed(now);
  }

  /** How many deliveries may wait behind the running requests. */
  private get ahead(): number {
    return this.msEach === null
      ? this.allowed
      : Math.ceil((this.allowed * CLAIMED_AHEAD_MS) / Math.max(1, this.msEach));
  }

  private isStalled(now: number): boolean {
    const oldest = this.running.values().next();
    return oldest.done !== true && now - oldest.value.startedAt > STALL_MS;
  }
}

/** The receivers of one connection. */
class ConnectionTurns {
  readonly receivers = new Set<Receiver>();
  running = 0;
  private readonly byOrigin = new Map<string, number>();

  /** The receiver whose origin has the fewest requests, and of these the one that has the fewest itself. */
  next(mayStart: (receiver: Receiver) => boolean): Receiver | null {
    let best: Receiver | null = null;
    for (const receiver of this.receivers) {
      if (!mayStart(receiver)) continue;
      if (best === null || this.isBefore(receiver, best)) best = receiver;
      if (this.requestsTo(best.origin) === 0) break;
    }
    return best;
  }

  count({ origin }: StartedRequest, change: 1 | -1): void {
    this.running += change;
    const requests = this.requestsTo(origin) + change;
    if (requests === 0) this.byOrigin.delete(origin);
    else this.byOrigin.set(origin, requests);
  }

  private isBefore(receiver: Receiver, other: Receiver): boolean {
    const [here, there] = [this.requestsTo(receiver.origin), this.requestsTo(other.origin)];
    return here === there ? receiver.running.size < other.running.size : here < there;
  }

  private requestsTo(origin: string): number {
    return this.byOrigin.get(origin) ?? 0;
  }
}

/** The receivers that have waiting deliveries or running requests. Connections take turns, and so do the receivers of each. */
export class Turns {
  private readonly connections = new Map<string, ConnectionTurns>();

  /** How many requests of a connection are running. */
  runningOf(connectionId: string): number {
    return this.connections.get(connectionId)?.running ?? 0;
  }

  *receivers(): Generator<Receiver> {
    for (const { receivers } of this.connections.values()) yield* receivers;
  }

  has(receiver: Receiver): boolean {
    return this.connections.get(receiver.connectionId)?.receivers.has(receiver) === true;
  }

  add(receiver: Receiver): void {
    const connection = this.connections.get(receiver.connectionId) ?? new ConnectionTurns();
    connection.receivers.add(receiver);
    this.connections.set(receiver.connectionId, connection);
  }

  /** Forgets a receiver that has nothing more to do. */
  removeIdle(receiver: Receiver): void {
    if (receiver.waiting.length + receiver.running.size > 0) return;
    const connection = this.connections.get(receiver.connectionId);
    connection?.receivers.delete(receiver);
    if (connection?.receivers.size === 0) this.connections.delete(receiver.connectionId);
  }

  started(request: StartedRequest): void {
    const { receiver } = request;
    const { connectionId } = receiver;
    const connection = this.connections.get(connectionId);
    if (connection === undefined) return;
    connection.count(request, 1);
    // Those with equally many requests take turns.
    connection.receivers.delete(receiver);
    connection.receivers.add(receiver);
    this.connections.delete(connectionId);
    this.connections.set(connectionId, connection);
  }

  ended(request: StartedRequest): void {
    this.connections.get(request.receiver.connectionId)?.count(request, -1);
    this.removeIdle(request.receiver);
  }

  /**
   * The next receiver of the connection that has the fewest requests.
   *
   * @param mostOfEach the most requests of one connection
   */
  next(mostOfEach: number, mayStart: (receiver: Receiver) => boolean): Receiver | null {
    let best: Receiver | null = null;
    let fewest = mostOfEach;
    for (const connection of this.connections.values()) {
      if (connection.running >= fewest) continue;
      const next = connection.next(mayStart);
      if (next === null) continue;
      [best, fewest] = [next, connection.running];
      if (fewest === 0) break;
    }
    return best;
  }
}
