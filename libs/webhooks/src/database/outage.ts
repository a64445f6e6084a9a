import type { Logger } from '@nestjs/common';
import { backoffMs } from './backoff.js';
import { stackOf } from './error-text.js';

const WAIT = { firstMs: 100, mostMs: 10_000 };

/**
 * A period in which some work keeps failing, usually because the database is unavailable. The log reports its beginning
 * and its end, and no failure in between. The waits between the tries grow.
 */
export class Outage {
  private failures = 0;

  /** @param work the work, as the subject of a sentence in the log */
  constructor(
    private readonly logger: Pick<Logger, 'error' | 'log'>,
    private readonly work: string,
  ) {}

  /**
   * Notes a failure.
   *
   * @returns how long to wait before the next try, in ms
   */
  goesOn(error: unknown): number {
    if (this.failures === 0)
      this.logger.error(`${this.work} has failed and is tried until it succeeds: ${stackOf(error)}`);
    this.failures += 1;
    return backoffMs(WAIT, this.failures - 1);
  }

  /** Notes a success. */
  over(): void {
    if (this.failures > 0) this.logger.log(`${this.work} works again, after ${this.failures} failed tries.`);
    this.failures = 0;
  }
}
