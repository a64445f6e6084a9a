import { Inject, Injectable, Logger } from '@nestjs/common';
import { storableText, WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Audience } from './audience.js';
import { DeliveryPlan, type PlannedEvent } from './delivery-plan.js';
import { EventQueue } from './event-queue.js';
import { PayloadBuilder } from './payload-builder.js';

/** Events that are worked on at once. */
const BATCH = 50;
/** After that many failures an event is parked as `failed`. */
const MAX_FAILURES = 8;
const FIRST_RETRY_MS = 1000;

/** What a round of fan-out came to. */
export interface FanOutRound {
  /** How many events were claimed; 0 when there was nothing to do. */
  readonly events: number;
  /** The webhooks for which deliveries were stored. */
  readonly webhookIds: ReadonlySet<string>;
}

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
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Works on one batch of events.
   *
   * The host's serializer runs outside of any transaction: it may use the database itself, and with a pool that is
   * exhausted, or an embedded database, it would wait for ever for the connection that is waiting for it.
   */
  async run(): Promise<FanOutRound> {
    const deadline = this.clock.now() + this.options.dispatch.leaseMs / 2;
    const { events, leaseToken } = await this.queue.claim(BATCH);
    const waiting = [...events];
    const webhookIds = new Set<string>();
    // With a slow serializer a batch would outlive its lease: what is not begun by half of it is given back.
    for (let event = waiting[0]; event !== undefined && this.clock.now() < deadline; event = waiting[0]) {
      waiting.shift();
      for (const id of await this.fanOut(event, leaseToken)) webhookIds.add(id);
    }
    if (waiting.length > 0) await this.queue.release(waiting, leaseToken);
    return { events: events.length, webhookIds };
  }

  /** Each event has a transaction of its own: one that cannot be serialized or stored holds up no other. */
  private async fanOut(event: WebhookEvent, leaseToken: string): Promise<readonly string[]> {
    try {
      const webhooks = await this.audience.of(event);
      const payloads = await this.payloads.build(event, await this.stateBefore(event), webhooks);
      await this.store({ event, payloads }, leaseToken);
      return payloads.flatMap((payload) => payload.webhooks.map(({ id }) => id));
    } catch (error) {
      if (error instanceof EventLeaseLostError) this.logger.warn(error.message);
      // A database that is away is not the event's fault: it is tried again as often as it takes.
      else if (await this.database.isReachable()) await this.fail(event, leaseToken, error);
      else throw error;
      return [];
    }
  }

  private async stateBefore(event: WebhookEvent): Promise<WebhookEvent['before']> {
    // An availability is delivered without a diff: only its latest state matters.
    if (event.type === 'availability_update') return null;
    return event.beforeSource === 'stored' ? this.queue.stateBefore(event) : event.before;
  }

  private async store(planned: PlannedEvent, leaseToken: string): Promise<void> {
    await this.database.transaction(async (manager) => {
      const { event } = planned;
      if (!(await this.queue.complete(manager, event.sequence, leaseToken))) throw new EventLeaseLostError(event);
      await this.plan.store(manager, planned, this.clock.now());
    });
  }

  private async fail(event: WebhookEvent, leaseToken: string, error: unknown): Promise<void> {
    const reason = storableText(error instanceof Error ? error.message : String(error));
    const final = event.failures + 1 >= MAX_FAILURES;
    const retryAt = final ? null : this.clock.now() + FIRST_RETRY_MS * 2 ** event.failures;
    this.logger.error(
      `Fan-out of ${event.type} ${event.id} failed (${event.failures + 1} of ${MAX_FAILURES}` +
        `${final ? ', parked as failed' : ''}): ${reason}`,
    );
    await this.queue.fail(event, leaseToken, reason, retryAt);
  }
}

/** Another process took the event over, because this one was slower than the lease. Its work is dropped. */
class EventLeaseLostError extends Error {
  override readonly name = 'EventLeaseLostError';

  constructor({ type, id }: WebhookEvent) {
    super(`The lease of ${type} ${id} ran out before it was stored; whoever claims it next fans it out.`);
  }
}
