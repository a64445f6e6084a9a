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
