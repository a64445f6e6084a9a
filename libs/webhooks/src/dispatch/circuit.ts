import { backoffMs } from '../database/backoff.js';
import type { ResolvedWebhooksOptions } from '../webhooks.options.js';

type CircuitOptions = ResolvedWebhooksOptions['circuit'];

/** The first pause for an overloaded receiver, in ms. */
const FIRST_PAUSE_MS = 1000;

/**
 * A receiver's circuit as this process sees it. While it is open, nothing is sent. Each time it opens again for the
 * same reason, it stays open twice as long. There are two reasons:
 *
 * - `failing`: too many attempts have failed. This is stored for all processes, and only a probe closes the circuit.
 *   `openFailing` and `close` are ahead of what is stored until they are written.
 * - `overloaded`: the receiver has asked for a pause. Only this process knows this, and the circuit closes when the
 *   pause is over, or when a probe is sent.
 */
export class Circuit {
  private readonly breaker: CircuitBreaker;
  private failing = false;
  private overloadedUntil = 0;
  private pauses = 0;
  private probeUntil: number | null = null;
  private ahead = false;

  constructor(private readonly options: CircuitOptions) {
    this.breaker = new CircuitBreaker(options);
  }

  /** Whether deliveries must wait. */
  isOpen(now: number): boolean {
    return this.probeUntil === null && (this.failing || now < this.overloadedUntil);
  }

  /** Whether it has opened because of failures and has not closed since. It may be probed now. */
  get isFailing(): boolean {
    return this.failing;
  }

  /** Whether this process is sending the one delivery that decides whether the circuit may close. */
  get isProbing(): boolean {
    return this.probeUntil !== null;
  }

  /** Whether `openFailing` or `close` has not been written yet. */
  get isAhead(): boolean {
    return this.ahead;
  }

  succeeded(now: number): void {
    this.pauses = 0;
    this.breaker.succeeded(now);
  }

  /** @returns whether the circuit must open */
  failed(now: number): boolean {
    return this.breaker.failed(now);
  }

  /**
   * Opens it because too many attempts have failed, or a probe has.
   *
   * @param openings how many times in a row it has opened before
   * @param askedMs how long the receiver asks to be left alone, in ms
   * @returns when the next probe may be sent
   */
  openFailing(now: number, openings: number, askedMs: number): number {
    this.failing = true;
    this.ahead = true;
    return now + this.openMs(this.options.firstOpenMs, openings, askedMs);
  }

  /**
   * Opens it because the receiver is overloaded. Responses to requests that were already running may make the pause
   * longer, but do not count as another pause.
   *
   * @param askedMs how long the receiver asks to be left alone, in ms
   */
  openOverloaded(now: number, askedMs: number): void {
    if (now >= this.overloadedUntil) this.pauses += 1;
    const until = now + this.openMs(FIRST_PAUSE_MS, this.pauses - 1, askedMs);
    this.overloadedUntil = Math.max(this.overloadedUntil, until);
  }

  /** Closes it. Earlier attempts no longer count. */
  close(): void {
    this.failing = false;
    this.ahead = true;
    this.breaker.reset();
  }

  /** Notes that `openFailing` or `close` has been written, or never will be. */
  stored(): void {
    this.ahead = false;
  }

  /** Takes over the stored state of a webhook's circuit. @param openUntil null when the circuit is closed */
  seen(openUntil: number | null): void {
    if (!this.ahead) this.failing = openUntil !== null;
  }

  /**
   * As `seen`, for the result of a search of all webhooks. If another process has closed the circuit, earlier failures
   * do not count.
   */
  found(openUntil: number | null): void {
    const wasFailing = this.failing;
    this.seen(openUntil);
    if (wasFailing && !this.failing) this.breaker.reset();
  }

  /** Lets one delivery through. @param until until when no other process sends a probe */
  beginProbe(until: number): void {
    this.failing = true;
    this.overloadedUntil = 0;
    this.probeUntil = until;
  }

  /** @returns the `until` of `beginProbe`, or null when there was no probe */
  endProbe(): number | null {
    const until = this.probeUntil;
    this.probeUntil = null;
    return until;
  }

  /** Twice as long each time, and at least as long as the receiver asks, up to `maxOpenMs`. */
  private openMs(firstMs: number, times: number, askedMs: number): number {
    const mostMs = this.options.maxOpenMs;
    return Math.min(Math.max(backoffMs({ firstMs, mostMs }, times), askedMs), mostMs);
  }
}

/** Judges by the attempts of this process whether a receiver should be left alone for a while. */
export class CircuitBreaker {
  private readonly recent: AttemptWindow;
  private failuresInRow = 0;

  constructor(private readonly options: CircuitOptions) {
    this.recent = new AttemptWindow(options.windowMs);
  }

  succeeded(now: number): void {
    this.failuresInRow = 0;
    this.recent.add(false, now);
  }

  /** @returns whether there were too many failures */
  failed(now: number): boolean {
    this.failuresInRow += 1;
    this.recent.add(true, now);
    const { attempts, failures } = this.recent.counts(now);
    const { failuresInRow, minimumAttempts, failureRate } = this.options;
    return this.failuresInRow >= failuresInRow || (attempts >= minimumAttempts && failures / attempts >= failureRate);
  }

  /** Forgets all attempts. */
  reset(): void {
    this.failuresInRow = 0;
    this.recent.clear();
  }
}

const SLICES = 10;

interface Slice {
  /** The number of the slice of time that it counts. */
  index: number;
  attempts: number;
  failures: number;
}

/** Counts recent attempts, and how many of them failed. It counts by slices of time, so that it stays small. */
class AttemptWindow {
  private readonly slices: Slice[] = [];
  private readonly sliceMs: number;

  /** @param windowMs how far back it counts, in ms, with the precision of a tenth */
  constructor(windowMs: number) {
    this.sliceMs = windowMs / SLICES;
  }

  add(failed: boolean, now: number): void {
    const index = Math.floor(now / this.sliceMs);
    let slice = this.slices.at(-1);
    if (slice === undefined || slice.index !== index) {
      slice = { index, attempts: 0, failures: 0 };
      this.slices.push(slice);
    }
    slice.attempts += 1;
    if (failed) slice.failures += 1;
    while ((this.slices[0]?.index ?? index) <= index - SLICES) this.slices.shift();
  }

  /** Counts the attempts within the window that ends now. */
  counts(now: number): { attempts: number; failures: number } {
    const oldest = Math.floor(now / this.sliceMs) - SLICES;
    const counts = { attempts: 0, failures: 0 };
    for (const { index, attempts, failures } of this.slices) {
      if (index <= oldest) continue;
      counts.attempts += attempts;
      counts.failures += failures;
    }
    return counts;
  }

  clear(): void {
    this.slices.length = 0;
  }
}
