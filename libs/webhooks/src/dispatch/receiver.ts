import type { ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { SendableDelivery } from '../deliveries/claim.js';
import { Circuit } from './circuit.js';

/** A receiver that has not answered a request for so long is sent no others. */
const STALL_MS = 1000;
/** No more is claimed for a receiver than will probably be sent within that time: another process may be faster. */
const CLAIMED_AHEAD_MS = 500;
/** How much each new request weighs in how long the next ones are expected to take. */
const WEIGHT = 1 / 8;

/** A delivery that is being sent. */
export interface StartedRequest {
  readonly receiver: Receiver;
  readonly delivery: SendableDelivery;
  readonly startedAt: number;
}

/**
 * One webhook's receiver, as this process sees it: what waits for it, what is being sent, and how much it can take. At first
 * it is sent one request at once. Each success allows one more, up to the limit, and each failure halves their number.
 */
export class Receiver {
  /** Claimed, not yet sent. */
  readonly waiting: SendableDelivery[] = [];
  /** In the order in which they were started. */
  readonly running = new Set<StartedRequest>();
  readonly circuit: Circuit;
  /** Since when every attempt has failed, as far as this process knows. */
  failingSince: number | null = null;
  /** Whether its webhook is to be deactivated, or has been: until it is found active again. */
  deactivation: 'to be stored' | 'stored' | null = null;
  private allowed = 1;
  private msEach: number | null = null;
  private proven = false;
  private usedAt = 0;

  constructor(
    readonly webhookId: string,
    private readonly options: ResolvedWebhooksOptions,
  ) {
    this.circuit = new Circuit(options.circuit);
  }

  /**
   * How many more deliveries may be claimed for it, so that some wait behind those that are sent. It is 0 until half of them
   * are gone, since a claim of few costs nearly as much as a claim of many.
   */
  room(now: number): number {
    if (this.isHeld(now)) return 0;
    const most = this.circuit.isProbing ? 1 : this.allowed + this.ahead;
    const room = most - this.running.size - this.waiting.length;
    return room < most / 2 ? 0 : room;
  }

  /** How many more requests to it may begin now; none while something is wrong with it, or it is being probed. */
  free(now: number): number {
    if (this.isHeld(now) || this.circuit.isProbing) return 0;
    return this.allowed - this.running.size - this.waiting.length;
  }

  /** Whether the next waiting delivery may be sent. */
  mayStart(now: number): boolean {
    const most = this.circuit.isProbing ? 1 : this.allowed;
    return this.waiting.length > 0 && this.running.size < most && !this.isHeld(now);
  }

  /** Whether nothing is to be sent now: what was claimed is better given back. */
  isHeld(now: number): boolean {
    return this.deactivation !== null || this.circuit.isOpen(now) || this.isStalled(now);
  }

  /** Whether its last attempt did not succeed, or is late. Such receivers have to leave room for the others. */
  isSuspect(now: number): boolean {
    return !this.proven || this.isStalled(now);
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
    this.msEach = this.msEach === null ? durationMs : this.msEach + (durationMs - this.msEach) * WEIGHT;
  }

  succeeded(now: number): void {
    this.usedAt = now;
    this.allowed = Math.min(this.allowed + 1, this.options.dispatch.concurrencyPerWebhook);
    this.proven = true;
    this.circuit.succeeded(now);
  }

  /** @returns whether that was one failure too many for the circuit to stay closed */
  failed(now: number): boolean {
    this.usedAt = now;
    this.allowed = Math.max(1, Math.floor(this.allowed / 2));
    this.proven = false;
    return this.circuit.failed(now);
  }

  /** How many may wait behind those that are sent. */
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
