import { AsyncResource } from 'node:async_hooks';
import type { Outage } from '../database/outage.js';

/**
 * Runs its work whenever it is woken, and again while the work reports that there is more. It never runs twice at once.
 * After a failure it waits, longer each time, and then tries again automatically. Wakes have no effect while it waits.
 */
export class Loop {
  private running: Promise<void> | null = null;
  private wanted = false;
  private stopped = false;
  private retry: NodeJS.Timeout | null = null;
  /** The caller of `wake` may be inside a request, whose ambient transaction the loop must not use. */
  private readonly context = new AsyncResource('WebhooksLoop');

  /** @param work returns whether there is more to do at once */
  constructor(
    private readonly work: () => Promise<boolean>,
    private readonly outage: Outage,
  ) {}

  /** Begins a run, or requests another one after the current run. */
  wake(): void {
    if (this.stopped) return;
    this.wanted = true;
    if (this.retry === null) this.begin();
  }

  /** Waits for the current run to end, and begins no other. */
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
