import { WebhooksClock } from 'nestjs-octo-webhooks';

/** A clock that the test moves. It runs like the machine's, from the time that the test has set, until it is stopped. */
export class TestClock extends WebhooksClock {
  private stoppedAt: number | null = null;
  private aheadMs = 0;

  now(): number {
    return (this.stoppedAt ?? Date.now()) + this.aheadMs;
  }

  /** Moves it forward, or back. */
  advance(ms: number): void {
    this.aheadMs += ms;
  }

  /** Sets it to the machine's time, at which it stays. */
  stop(): void {
    this.stoppedAt = Date.now();
    this.aheadMs = 0;
  }

  /** Sets it to the machine's time, with which it runs. */
  reset(): void {
    this.stoppedAt = null;
    this.aheadMs = 0;
  }
}
