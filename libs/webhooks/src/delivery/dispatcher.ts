import { Inject, Injectable, Logger } from '@nestjs/common';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Attempt } from './attempt.js';
import { DeliveryQueue, type ClaimedDelivery, type Settlement } from './delivery-queue.js';

/** Keeps up to `concurrency` requests under way. */
@Injectable()
export class Dispatcher {
  private readonly logger = new Logger(Dispatcher.name);
  private readonly inFlight = new Set<Promise<void>>();
  private settled: { settlement: Settlement; done: () => void }[] = [];
  private flushing = false;
  private freed: () => void = () => undefined;

  constructor(
    private readonly queue: DeliveryQueue,
    private readonly attempt: Attempt,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** Calls the listener whenever requests have ended and there is room for others. */
  onFreed(listener: () => void): void {
    this.freed = listener;
  }

  /**
   * Claims as many deliveries as there is room for and starts them, without waiting for their end.
   *
   * @returns how many were started
   */
  async run(): Promise<number> {
    const room = this.options.dispatch.concurrency - this.inFlight.size;
    if (room <= 0) return 0;
    const claimed = await this.queue.claim(room);
    for (const delivery of claimed) this.start(delivery);
    return claimed.length;
  }

  /** Waits until every request that is under way has ended and is settled. */
  async idle(): Promise<void> {
    while (this.inFlight.size > 0) await Promise.all(this.inFlight);
  }

  private start(delivery: ClaimedDelivery): void {
    const running = this.deliver(delivery).finally(() => this.inFlight.delete(running));
    this.inFlight.add(running);
  }

  /** Never rejects: what cannot be settled is left to its lease and is sent again once that has run out. */
  private async deliver(delivery: ClaimedDelivery): Promise<void> {
    try {
      const settlement = await this.attempt.make(delivery);
      await new Promise<void>((done) => {
        this.settled.push({ settlement, done });
        this.scheduleFlush();
      });
    } catch (error) {
      this.logger.error(`Delivery ${delivery.id} could not be attempted: ${stackOf(error)}`);
    }
  }

  private scheduleFlush(): void {
    if (this.flushing) return;
    this.flushing = true;
    // What ends while a flush is under way is settled together by the next one: the busier, the larger the batches.
    setImmediate(() => {
      this.flush().catch((error: unknown) => this.logger.error(stackOf(error)));
    });
  }

  private async flush(): Promise<void> {
    const batch = this.settled;
    this.settled = [];
    await this.settle(batch.map(({ settlement }) => settlement));
    for (const { done } of batch) done();
    this.flushing = false;
    if (this.settled.length > 0) this.scheduleFlush();
    setImmediate(this.freed);
  }

  /** Settles a batch; if that fails, one by one, so that a single bad one does not make the others be sent again. */
  private async settle(settlements: readonly Settlement[]): Promise<void> {
    try {
      await this.queue.settle(settlements);
    } catch (error) {
      if (settlements.length === 1) {
        const ids = settlements.map(({ delivery }) => delivery.id).join();
        this.logger.error(`Delivery ${ids} could not be settled and will be sent again: ${stackOf(error)}`);
      } else {
        for (const settlement of settlements) await this.settle([settlement]);
      }
    }
  }
}

function stackOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
