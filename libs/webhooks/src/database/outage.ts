import type { Logger } from '@nestjs/common';
import { stackOf } from './error-text.js';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 10_000;

/**
 * A time in which a piece of work fails again and again, most often because the database is away: told in the log when it
 * begins and when it is over, not each time in between, and worked against with growing waits.
 */
export class Outage {
  private failures = 0;

  /** @param work what fails, as the beginning of a sentence */
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
    return Math.min(FIRST_WAIT_MS * 2 ** (this.failures - 1), LONGEST_WAIT_MS);
  }

  /** Notes a success. */
  over(): void {
    if (this.failures > 0) this.logger.log(`${this.work} works again, after ${this.failures} failed tries.`);
    this.failures = 0;
  }
}
