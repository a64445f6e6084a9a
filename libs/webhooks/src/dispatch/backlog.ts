import type { SendableDelivery } from '../deliveries/lease.js';

/** How many deliveries may wait for each request that may run. */
const AHEAD = 16;
/** How large their bodies may be together, in bytes. */
const MOST_BYTES = 16 * 1024 * 1024;
/** How much each new body weighs in what the next ones are expected to be. */
const WEIGHT = 1 / 16;

/**
 * Counts what is claimed and waits, over all receivers: enough to keep requests going while more is claimed, and no more than
 * there is memory for. It is filled up when it is half empty, since a claim of few costs nearly as much as a claim of many.
 */
export class Backlog {
  private readonly most: number;
  private waiting = 0;
  private bytes = 0;
  private bytesEach = 1;

  /** @param concurrency requests at once */
  constructor(concurrency: number) {
    this.most = AHEAD * concurrency;
  }

  /** How many more deliveries to claim, if they are about as large as those before. */
  get room(): number {
    if (this.waiting > this.most / 2 || this.bytes > MOST_BYTES / 2) return 0;
    return Math.min(this.most - this.waiting, Math.max(1, Math.floor((MOST_BYTES - this.bytes) / this.bytesEach)));
  }

  add({ sharedBody }: SendableDelivery): void {
    this.waiting += 1;
    this.bytes += sharedBody.length;
    this.bytesEach += (sharedBody.length - this.bytesEach) * WEIGHT;
  }

  remove({ sharedBody }: SendableDelivery): void {
    this.waiting -= 1;
    this.bytes -= sharedBody.length;
  }
}
