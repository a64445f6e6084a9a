import { Inject, Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../error-text.js';
import { storableText, WebhooksDatabase } from '../database/webhooks-database.js';
import { wholeState } from '../emission/earlier-state.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';
import type { JsonObject } from '../octo/json.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Audience } from './audience.js';
import { NO_INTAKE, type DeliveryIntake, type StoredDeliveries } from './delivery-intake.js';
import { DeliveryPlan, type PlannedEvent } from './delivery-plan.js';
import { EventQueue } from './event-queue.js';
import { PayloadBuilder } from './payload-builder.js';

/** Events that are worked on at once. */
const BATCH = 50;
/** After that many failures an event is parked as `failed`. */
const MAX_FAILURES = 8;
const FIRST_RETRY_MS = 1000;
/** So that a slow serializer does not keep what is ready from going out. */
const STORE_AFTER_MS = 20;
/** So that no transaction takes long. */
const STORE_AFTER_DELIVERIES = 2000;

const NOTHING: StoredDeliveries = { leased: [], webhookIds: new Set() };

/** Turns events into payloads and deliveries: each event once or not at all. */
@Injectable()
export class FanOut {
  private readonly logger = new Logger(FanOut.name);
  private intake = NO_INTAKE;

  constructor(
    private readonly queue: EventQueue,
    private readonly audience: Audience,
    private readonly payloads: PayloadBuilder,
    private readonly plan: DeliveryPlan,
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** Tells who sends in this process what is stored from now on. */
  handTo(intake: DeliveryIntake): void {
    this.intake = intake;
  }

  /**
   * Works on one batch of events.
   *
   * The host's serializer runs outside of any transaction: it may use the database itself, and with a pool that is
   * exhausted, or an embedded database, it would wait for ever for the connection that is waiting for it.
   *
   * @returns how many events were claimed; 0 when there was nothing to do
   */
  async run(): Promise<number> {
    const deadline = this.clock.now() + this.options.dispatch.leaseMs / 2;
    const { events, leaseToken } = await this.queue.claim(BATCH);
    const waiting = [...events];
    const audience = this.audience.ofBatch(events);
    // With a slow serializer a batch would outlive its lease: what is not begun by half of it is given back.
    while (waiting.length > 0 && this.clock.now() < deadline) {
      const planned = await this.planSome(waiting, leaseToken, audience);
      await this.store(planned, leaseToken);
    }
    if (waiting.length > 0) await this.queue.release(waiting, leaseToken);
    return events.length;
  }

  /** Takes events from those that wait, as many as are worth one transaction, and builds what they send. */
  private async planSome(
    waiting: WebhookEvent[],
    leaseToken: string,
    audience: ReturnType<Audience['ofBatch']>,
  ): Promise<PlannedEvent[]> {
    const planned: PlannedEvent[] = [];
    const until = this.clock.now() + STORE_AFTER_MS;
    let deliveries = 0;
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      try {
        const webhooks = await audience(event);
        planned.push({ event, payloads: await this.payloads.build(event, await this.stateBefore(event), webhooks) });
        deliveries += webhooks.length;
      } catch (error) {
        await this.failed(event, leaseToken, error);
      }
      if (deliveries >= STORE_AFTER_DELIVERIES || this.clock.now() >= until) break;
    }
    return planned;
  }

  /**
   * Stores what events send, all in one transaction; if that fails, each in one of its own: one that cannot be stored holds
   * up no other.
   */
  private async store(planned: readonly PlannedEvent[], leaseToken: string): Promise<void> {
    if (planned.length === 0) return;
    let stored = NOTHING;
    try {
      await this.database.transaction(async (manager) => {
        const events = planned.map(({ event }) => event);
        if (!(await this.queue.complete(manager, events, leaseToken))) throw new EventLeaseLostError();
        stored = await this.plan.store(manager, planned, this.intake);
      });
    } catch (error) {
      try {
        return await this.notStored(planned, leaseToken, error);
      } finally {
        // The transaction may have been committed all the same, by now, and only the answer was lost.
        this.intake.giveBack(stored.leased);
      }
    }
    await this.intake.dispatch(stored);
  }

  private async notStored(planned: readonly PlannedEvent[], leaseToken: string, error: unknown): Promise<void> {
    const held = await this.queue.held(
      planned.map(({ event }) => event),
      leaseToken,
    );
    const lost = planned.filter(({ event }) => !held.has(event.sequence));
    if (lost.length > 0) {
      const which = lost.map(({ event }) => `${event.type} ${event.id}`).join(', ');
      this.logger.warn(`The lease of ${which} is over: stored already, or left to whoever claims next.`);
    }
    for (const one of planned) {
      if (!held.has(one.event.sequence)) continue;
      if (planned.length === 1) await this.failed(one.event, leaseToken, error);
      else await this.store([one], leaseToken);
    }
  }

  private async failed(event: WebhookEvent, leaseToken: string, error: unknown): Promise<void> {
    // A database that is away is not the event's fault: it is tried again as often as it takes.
    if (await this.database.isReachable()) await this.putOff(event, leaseToken, error);
    else throw error;
  }

  private async stateBefore(event: WebhookEvent): Promise<JsonObject | null> {
    // An availability is delivered without a diff: only its latest state matters.
    if (event.type === 'availability_update') return null;
    if (event.beforeSource === 'stored') return this.queue.stateBefore(event);
    return event.before === null ? null : wholeState(event.before, event.after);
  }

  /** After so many failures, for good. */
  private async putOff(event: WebhookEvent, leaseToken: string, error: unknown): Promise<void> {
    const reason = storableText(messageOf(error));
    const final = event.failures + 1 >= MAX_FAILURES;
    const retryAt = final ? null : this.clock.now() + FIRST_RETRY_MS * 2 ** event.failures;
    this.logger.error(
      `Fan-out of ${event.type} ${event.id} failed (${event.failures + 1} of ${MAX_FAILURES}` +
        `${final ? ', parked as failed' : ''}): ${reason}`,
    );
    await this.queue.fail(event, leaseToken, reason, retryAt);
  }
}

/** Another process took an event over, because this one was slower than the lease. Its work is dropped. */
class EventLeaseLostError extends Error {
  override readonly name = 'EventLeaseLostError';
  override readonly message = 'The lease was over before the event was stored.';
}
