import type { ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { SendableDelivery } from '../deliveries/lease.js';
import { Circuit } from './circuit.js';
import { CircuitBreaker } from './circuit.js';

/** From then on a request holds up what else would go to its receiver. */
const STALL_MS = 1000;
/** The pause after the first answer that asks to slow down; it doubles with each further one that comes after it. */
const FIRST_PAUSE_MS = 1000;

/** No more is claimed for an receiver than will probably have gone out within that time: another process may be faster. */
const CLAIMED_AHEAD_MS = 500;
/** How much each new request weighs in how long the next ones are expected to take. */
const WEIGHT = 1 / 8;

/** A request that is under way. */
export interface RunningRequest {
  readonly startedAt: number;
}

/**
 * One webhook's receiver, as this process sees it: what waits for it, what is under way, and how much it can be asked to
 * take. Requests at once begin at one; each success allows one more, up to the cap, and each failure halves them.
 */
export class Receiver {
  /** Claimed, not yet sent. */
  readonly waiting: SendableDelivery[] = [];
  /** In the order in which they were started. */
  readonly running = new Set<RunningRequest>();
  readonly circuit = new Circuit();
  readonly breaker: CircuitBreaker;
  /** Since when every attempt has failed, as far as this process knows. */
  failingSince: number | null = null;
  /** Whether its webhook is to be deactivated, or has been: until it is found active again. */
  deactivation: 'to be stored' | 'stored' | null = null;
  private allowed = 1;
  private msEach: number | null = null;
  private proven = false;
  private pausedUntil = 0;
  private pauses = 0;
  private usedAt = 0;

  constructor(
    readonly webhookId: string,
    private readonly options: ResolvedWebhooksOptions,
  ) {
    this.breaker = new CircuitBreaker(options.circuit);
  }

  /**
   * How many more deliveries may be claimed for it, so that some wait behind those that may run. None as long as they are
   * more than half as many as they may be, since a claim of few costs nearly as much as a claim of many.
   */
  room(now: number): number {
    if (this.isHeld(now)) return 0;
    const most = this.circuit.isProbing ? 1 : this.allowed + this.ahead;
    const room = most - this.running.size - this.waiting.length;
    return room < most / 2 ? 0 : room;
  }

  /** How many more requests to it may begin now, if nothing is known to be wrong with it. */
  free(now: number): number {
    if (this.isHeld(now) || !this.circuit.isClosed) return 0;
    return this.allowed - this.running.size - this.waiting.length;
  }

  /** Whether the next waiting delivery may be sent. */
  mayStart(now: number): boolean {
    const most = this.circuit.isProbing ? 1 : this.allowed;
    return this.waiting.length > 0 && this.running.size < most && !this.isHeld(now);
  }

  /** Whether nothing is to be sent now: what was claimed is better given back. */
  isHeld(now: number): boolean {
    return this.deactivation !== null || this.circuit.blocks || now < this.pausedUntil || this.isStalled(now);
  }

  /** Whether its last attempt did not succeed, or is late. Such receivers have to leave room for the others. */
  isSuspect(now: number): boolean {
    return !this.proven || this.isStalled(now);
  }

  /**
   * Notes that its webhook is active, as stored.
   *
   * @param openUntil until when its circuit is stored to be open, in ms; null when it is closed
   */
  found(openUntil: number | null): void {
    if (this.deactivation === 'stored') this.deactivation = null;
    const wasClosed = this.circuit.isClosed;
    this.circuit.seen(openUntil);
    // Another process has closed it: what failed before counts no longer here either.
    if (!wasClosed && this.circuit.isClosed) this.breaker.reset();
  }

  /** Lets one delivery through its open circuit. @param until when this process may, in ms */
  beginProbe(until: number): void {
    this.pausedUntil = 0;
    this.circuit.probe(until);
  }

  /** Ends a probe for which there was no delivery. The circuit stays open until its time is over. */
  giveUpIdleProbe(): void {
    if (this.waiting.length + this.running.size === 0) this.circuit.endProbe();
  }

  /** Whether nothing of it has to be remembered. */
  isForgettable(now: number): boolean {
    return now - this.usedAt > this.options.circuit.windowMs && !this.isHeld(now);
  }

  /** Notes how long a request has taken, in ms. */
  took(durationMs: number): void {
    this.msEach = this.msEach === null ? durationMs : this.msEach + (durationMs - this.msEach) * WEIGHT;
  }

  succeeded(now: number): void {
    this.usedAt = now;
    this.allowed = Math.min(this.allowed + 1, this.options.dispatch.concurrencyPerWebhook);
    this.proven = true;
    this.pauses = 0;
    this.breaker.succeeded(now);
  }

  /** @returns whether that was one failure too many for the circuit to stay closed */
  failed(now: number): boolean {
    this.usedAt = now;
    this.allowed = Math.max(1, Math.floor(this.allowed / 2));
    this.proven = false;
    return this.breaker.failed(now);
  }

  /**
   * Sends nothing for a while, because the receiver says that it has too much to do. Answers to what was under way when the
   * pause began may make it longer by what they ask for, but say nothing new. Times in ms.
   */
  pause(now: number, leastMs: number, mostMs: number): void {
    if (now >= this.pausedUntil) this.pauses += 1;
    const pauseMs = Math.max(leastMs, FIRST_PAUSE_MS * 2 ** (this.pauses - 1));
    this.pausedUntil = Math.max(this.pausedUntil, now + Math.min(pauseMs, mostMs));
  }

  /** How many may wait behind those that may run. */
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
