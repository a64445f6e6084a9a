import { Injectable, Logger } from '@nestjs/common';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { Audience } from './audience.js';
import { DeliveryPlan, type PlannedEvent } from './delivery-plan.js';
import { EventQueue } from './event-queue.js';
import { PayloadBuilder } from './payload-builder.js';

/** Events that are worked on at once. */
const BATCH = 50;
/** After that many failures an event is parked as `failed`. */
const MAX_FAILURES = 8;
const FIRST_RETRY_MS = 1000;

/** Turns events into payloads and deliveries: each event once or not at all. */
@Injectable()
export class FanOut {
  private readonly logger = new Logger(FanOut.name);

  constructor(
    private readonly queue: EventQueue,
    private readonly audience: Audience,
    private readonly payloads: PayloadBuilder,
    private readonly plan: DeliveryPlan,
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Works on one batch of events.
   *
   * The host's serializer runs outside of any transaction: it may use the database itself, and with a pool that is
   * exhausted, or an embedded database, it would wait for ever for the connection that is waiting for it.
   *
   * @returns how many events were claimed; 0 when there was nothing to do
   */
  async run(): Promise<number> {
    const { events, leaseToken } = await this.queue.claim(BATCH);
    const planned: PlannedEvent[] = [];
    for (const event of events) {
      const payloads = await this.build(event, leaseToken);
      if (payloads !== null) planned.push({ event, payloads });
    }
    if (planned.length > 0) await this.store(planned, leaseToken);
    return events.length;
  }

  private async build(event: WebhookEvent, leaseToken: string): Promise<PlannedEvent['payloads'] | null> {
    try {
      const webhooks = await this.audience.of(event);
      return await this.payloads.build(event, await this.stateBefore(event), webhooks);
    } catch (error) {
      await this.fail(event, leaseToken, error);
      return null;
    }
  }

  private async stateBefore(event: WebhookEvent): Promise<WebhookEvent['before']> {
    // An availability is delivered without a diff: only its latest state matters.
    if (event.type === 'availability_update') return null;
    return event.beforeSource === 'stored' ? this.queue.stateBefore(event) : event.before;
  }

  private async store(planned: readonly PlannedEvent[], leaseToken: string): Promise<void> {
    const sequences = planned.map(({ event }) => event.sequence);
    await this.database.transaction(async (manager) => {
      if (!(await this.queue.complete(manager, sequences, leaseToken))) throw new EventLeaseLostError();
      await this.plan.store(manager, planned, this.clock.now());
    });
  }

  private async fail(event: WebhookEvent, leaseToken: string, error: unknown): Promise<void> {
    const reason = error instanceof Error ? error.message : String(error);
    const final = event.failures + 1 >= MAX_FAILURES;
    const retryAt = final ? null : this.clock.now() + FIRST_RETRY_MS * 2 ** event.failures;
    this.logger.error(
      `Fan-out of ${event.type} ${event.id} failed (${event.failures + 1} of ${MAX_FAILURES}` +
        `${final ? ', parked as failed' : ''}): ${reason}`,
    );
    await this.queue.fail(event, leaseToken, reason, retryAt);
  }
}

/** Another process took the events over, because this one was slower than the lease. Its work is dropped. */
class EventLeaseLostError extends Error {
  override readonly name = 'EventLeaseLostError';

  constructor() {
    super('The lease of claimed events ran out before they were stored; another process fans them out.');
  }
}
