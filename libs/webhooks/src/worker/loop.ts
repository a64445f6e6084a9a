import { AsyncResource } from 'node:async_hooks';
import type { Outage } from '../database/outage.js';

/**
 * Runs one piece of work again and again, never twice at once: while it says that there is more, and whenever it is
 * woken. After a failure it waits, each time longer, and then tries again by itself; wakes in between change nothing.
 */
export class Loop {
  private running: Promise<void> | null = null;
  private wanted = false;
  private stopped = false;
  private retry: NodeJS.Timeout | null = null;
  /** Whoever wakes the loop may be inside a request, whose ambient transaction is not the loop's to use. */
  private readonly context = new AsyncResource('WebhooksLoop');

  /** @param work returns whether there is more to do at once */
  constructor(
    private readonly work: () => Promise<boolean>,
    private readonly outage: Outage,
  ) {}

  /** Begins a round, or makes the one that runs go on once more. */
  wake(): void {
    if (this.stopped) return;
    this.wanted = true;
    if (this.retry === null) this.begin();
  }

  /** Lets the round that runs come to its end and begins no other. */
  async stop(): Promise<void> {
    this.stopped = true;
    if (this.retry !== null) clearTimeout(this.retry);
    await this.running;
  }

  private begin(): void {
    this.running ??= this.context.runInAsyncScope(() => this.run());
  }

  private async run(): Promise<void> {
    try {
      while (this.wanted && !this.stopped) {
        this.wanted = false;
        if (await this.work()) this.wanted = true;
        this.outage.over();
      }
    } catch (error) {
      this.retryIn(this.outage.goesOn(error));
    } finally {
      this.running = null;
    }
  }

  private retryIn(delayMs: number): void {
    if (this.stopped) return;
    this.retry = setTimeout(() => {
      this.retry = null;
      this.wake();
    }, delayMs);
  }
}
