/**
 * An endpoint's circuit as this process sees it. What is stored counts for all; `open` and `close` go ahead of it until they
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
