import type { ResolvedCircuitOptions } from '../../options/endpoint.options.js';
import { AttemptWindow } from './attempt-window.js';

/** Judges by the attempts of this process whether an endpoint should be left alone for a while. */
export class CircuitBreaker {
  private readonly recent: AttemptWindow;
  private failuresInRow = 0;

  constructor(private readonly options: ResolvedCircuitOptions) {
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

  /** Forgets what was: the endpoint is judged anew. */
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
export function circuitOpenMs({ openMs, maxOpenMs }: ResolvedCircuitOptions, openings: number): number {
  return Math.min(openMs * 2 ** openings, maxOpenMs);
}
