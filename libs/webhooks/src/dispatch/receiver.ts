import type { ResolvedWebhooksOptions } from '../webhooks.options.js';
import type { SendableDelivery } from '../deliveries/claim.js';
import { Circuit } from './circuit.js';

/** A receiver that has not answered a request for this long gets no others. */
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
}

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
  /** Since when every attempt has failed, as far as this process knows. */
  failingSince: number | null = null;
  /** Whether its webhook is to be deactivated, or has been deactivated; null again when it is found active. */
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

  /** Whether its last attempt did not succeed, or is late. Such receivers must leave room for the others. */
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

  /** @returns whether the circuit must open */
  failed(now: number): boolean {
    this.usedAt = now;
    this.allowed = Math.max(1, Math.floor(this.allowed / 2));
    this.proven = false;
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
