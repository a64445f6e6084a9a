import type { SendableDelivery } from '../deliveries/lease.js';

/** How many deliveries may wait for each request that may run. */
const AHEAD = 16;
/** The most bytes that their bodies may have together. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The weight of each new body in the expected size of the next ones. */
const WEIGHT = 1 / 16;

/**
 * Counts the claimed deliveries that wait, over all receivers. They have to be enough to keep requests going while more is
 * claimed, and must fit into memory. More is claimed when half of them are gone, since a claim of few costs nearly as much as
 * a claim of many.
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

  /** How many more deliveries to claim, if they are about as large as the last ones. */
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
