import type { ResolvedWebhooksOptions } from '../webhooks.options.js';

/**
 * An receiver's circuit as this process sees it. What is stored counts for all; `open` and `close` go ahead of it until they
 * are written. An open circuit stays open when its time is over: then one process may send a probe.
 */
export class Circuit {
  private openUntil: number | null = null;
  private probeUntil: number | null = null;
  private ahead = false;

  get isClosed(): boolean {
    return this.openUntil === null;
  }

  /** Whether this process sends the one delivery that finds out whether the circuit may close. */
  get isProbing(): boolean {
    return this.probeUntil !== null;
  }

  /** Whether deliveries have to wait. */
  get blocks(): boolean {
    return !this.isClosed && !this.isProbing;
  }

  /** Whether `open` or `close` is still to be written. */
  get isAhead(): boolean {
    return this.ahead;
  }

  /** Takes over what is stored. */
  seen(openUntil: number | null): void {
    if (!this.ahead) this.openUntil = openUntil;
  }

  /** Lets one delivery through. @param until when no other process does, in ms */
  probe(until: number): void {
    this.openUntil = until;
    this.probeUntil = until;
  }

  /** @returns what `probe` was given, or null when there was no probe */
  endProbe(): number | null {
    const until = this.probeUntil;
    this.probeUntil = null;
    return until;
  }

  open(until: number): void {
    this.openUntil = until;
    this.ahead = true;
  }

  close(): void {
    this.openUntil = null;
    this.ahead = true;
  }

  /** Notes that `open` or `close` has been written, or never will be. */
  stored(): void {
    this.ahead = false;
  }
}

/** Judges by the attempts of this process whether an receiver should be left alone for a while. */
export class CircuitBreaker {
  private readonly recent: AttemptWindow;
  private failuresInRow = 0;

  constructor(private readonly options: ResolvedWebhooksOptions['circuit']) {
    this.recent = new AttemptWindow(options.windowMs);
  }

  succeeded(now: number): void {
    this.failuresInRow = 0;
    this.recent.add(false, now);
  }

  /** @returns whether that was one failure too many */
  failed(now: number): boolean {
    this.failuresInRow += 1;
    this.recent.add(true, now);
    const { attempts, failures } = this.recent.counts(now);
    const { failuresInRow, minimumAttempts, failureRate } = this.options;
    return this.failuresInRow >= failuresInRow || (attempts >= minimumAttempts && failures / attempts >= failureRate);
  }

  /** Forgets what was: the receiver is judged anew. */
  reset(): void {
    this.failuresInRow = 0;
    this.recent.clear();
  }
}

/**
 * How long a circuit stays open, in ms.
 *
 * @param openings how many times in a row it has opened before
 */
export function circuitOpenMs(
  { firstOpenMs, maxOpenMs }: ResolvedWebhooksOptions['circuit'],
  openings: number,
): number {
  return Math.min(firstOpenMs * 2 ** openings, maxOpenMs);
}

const SLICES = 10;

interface Slice {
  /** Which slice of time it counts. */
  index: number;
  attempts: number;
  failures: number;
}

/** Counts the attempts of the last while, and how many of them failed: in slices of time, so that it stays small. */
export class AttemptWindow {
  private readonly slices: Slice[] = [];
  private readonly sliceMs: number;

  /** @param windowMs how far back it counts, to a tenth of it */
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

  /** What was added within the window that ends now. */
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
