import { AsyncResource } from 'node:async_hooks';

/**
 * Runs one piece of work again and again, never twice at once: while it says that there is more, and whenever it is
 * woken. A failure ends the round; the next wake begins another.
 */
export class Loop {
  private running: Promise<void> | null = null;
  private wanted = false;
  private stopped = false;
  /** Whoever wakes the loop may be inside a request, whose ambient transaction is not the loop's to use. */
  private readonly context = new AsyncResource('WebhooksLoop');

  /**
   * @param work returns whether there is more to do at once
   * @param onError told of each failure
   */
  constructor(
    private readonly work: () => Promise<boolean>,
    private readonly onError: (error: unknown) => void,
  ) {}

  /** Begins a round, or makes the one that runs go on once more. */
  wake(): void {
    if (this.stopped) return;
    this.wanted = true;
    this.running ??= this.context.runInAsyncScope(() => this.run());
  }

  /** Lets the round that runs come to its end and begins no other. */
  async stop(): Promise<void> {
    this.stopped = true;
    await this.running;
  }

  private async run(): Promise<void> {
    try {
      while (this.wanted && !this.stopped) {
        this.wanted = false;
        if (await this.work()) this.wanted = true;
      }
    } catch (error) {
      // Woken by the poll, not at once: a database that is away is not to be asked in a tight loop.
      this.wanted = false;
      this.onError(error);
    } finally {
      this.running = null;
    }
  }
}
