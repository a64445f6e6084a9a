import { Inject, Injectable, Logger } from '@nestjs/common';
import { backoffMs } from '../database/backoff.js';
import { messageOf } from '../database/error-text.js';
import { storableText } from '../database/sql.js';
import { UnreadableJsonError } from '../database/unreadable-json.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import { ResourceStates } from '../emission/by-entity/resource-states.js';
import { wholeState } from '../emission/earlier-state.js';
import type { EntityReference } from '../emission/webhook-change.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/clock.js';
import type { JsonObject } from '../octo/json.js';
import { WebhooksError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Audience } from './audience.js';
import { NO_HANDOVER, type Handover, type InsertedDeliveries } from '../deliveries/handover.js';
import { DeliveryInserts, type PreparedEvent } from '../deliveries/insert.js';
import { EventQueue, type UnreadableEvent } from './event-queue.js';
import { PayloadBuilder } from './payload-builder.js';

/** The most events that are claimed at once. */
const BATCH = 50;
/** After this many failures an event becomes `failed`. */
const MAX_FAILURES = 8;
/** The wait is longest after the last failure but one. */
const RETRY = { firstMs: 1000, mostMs: 64_000 };
/** Deliveries that are ready must not wait long for a slow serializer. */
const INSERT_AFTER_MS = 20;
/** Limits the duration of a transaction. */
const INSERT_AFTER_DELIVERIES = 2000;

/** An event in the state that partners receive. */
interface CurrentEvent extends PreparedEvent {
  /** Whether that is not the state that is stored with the event. */
  readonly isRestated: boolean;
}

const NOTHING: InsertedDeliveries = { leased: [], webhookIds: new Set() };

/** Turns events into payloads and deliveries: each event once or not at all. */
@Injectable()
export class FanOut {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly queue: EventQueue,
    private readonly audience: Audience,
    private readonly states: ResourceStates,
    private readonly payloads: PayloadBuilder,
    private readonly inserts: DeliveryInserts,
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Works on one batch of events.
   *
   * The host's serializer runs outside of any transaction, because it may use the database itself. If the pool is
   * exhausted or the database is embedded, it would wait for ever for a connection that this transaction holds.
   *
   * @param handover sends the inserted deliveries in this process
   * @returns how many events were claimed; 0 when there was nothing to do
   */
  async run(handover: Handover = NO_HANDOVER): Promise<number> {
    const deadline = this.clock.now() + this.options.dispatch.leaseMs / 2;
    const { events, unreadable, leaseToken } = await this.queue.claim(BATCH);
    for (const event of unreadable) await this.park(event, leaseToken);
    const waiting = [...events];
    const audience = this.audience.ofBatch(events);
    // A slow serializer may take longer than the lease. After half of it, the rest of the batch is given back.
    while (waiting.length > 0 && this.clock.now() < deadline) {
      const prepared = await this.prepareSome(waiting, leaseToken, audience);
      await this.insert(prepared, leaseToken, handover);
    }
    if (waiting.length > 0) await this.queue.release(waiting, leaseToken);
    return events.length + unreadable.length;
  }

  /** A second try would find the same row, so there is none. */
  private async park({ reason, ...event }: UnreadableEvent, leaseToken: string): Promise<void> {
    this.logger.error(`Event ${event.id} cannot be read and is parked as failed: ${reason}`);
    await this.queue.fail(event, leaseToken, storableText(reason), null);
  }

  /** Takes as many of the waiting events as are worth one transaction, and builds their payloads. */
  private async prepareSome(
    waiting: WebhookEvent[],
    leaseToken: string,
    audience: ReturnType<Audience['ofBatch']>,
  ): Promise<CurrentEvent[]> {
    const prepared: CurrentEvent[] = [];
    const until = this.clock.now() + INSERT_AFTER_MS;
    let deliveries = 0;
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      try {
        const webhooks = await audience(event);
        const before = await this.stateBefore(event);
        const told = event.entity === null ? event : await this.restated(event, event.entity);
        const payloads = await this.payloads.build(told, before, webhooks);
        prepared.push({ event: told, payloads, isRestated: told !== event });
        deliveries += webhooks.length;
      } catch (error) {
        await this.failed(event, leaseToken, error);
      }
      if (deliveries >= INSERT_AFTER_DELIVERIES || this.clock.now() >= until) break;
    }
    return prepared;
  }

  /**
   * Inserts the payloads and deliveries of all events in one transaction. If it fails, each event gets its own
   * transaction, so that an event that cannot be inserted does not delay the others.
   */
  private async insert(prepared: readonly CurrentEvent[], leaseToken: string, handover: Handover): Promise<void> {
    if (prepared.length === 0) return;
    let inserted = NOTHING;
    try {
      await this.database.transaction(async (manager) => {
        const events = prepared.map(({ event }) => event);
        if (!(await this.queue.complete(manager, events, leaseToken))) throw new EventLeaseLostError();
        for (const { event, isRestated } of prepared) if (isRestated) await this.queue.restate(manager, event);
        inserted = await this.inserts.insert(manager, prepared, () => handover.freeSlots());
      });
    } catch (error) {
      try {
        return await this.notInserted(prepared, leaseToken, error, handover);
      } finally {
        // The transaction may have been committed, and only the response was lost.
        handover.giveBack(inserted.leased);
      }
    }
    await handover.dispatch(inserted);
  }

  private async notInserted(
    prepared: readonly CurrentEvent[],
    leaseToken: string,
    error: unknown,
    handover: Handover,
  ): Promise<void> {
    const held = await this.queue.held(
      prepared.map(({ event }) => event),
      leaseToken,
    );
    const lost = prepared.filter(({ event }) => !held.has(event.sequence));
    if (lost.length > 0) {
      const which = lost.map(({ event }) => `${event.type} ${event.id}`).join(', ');
      this.logger.warn(`The lease of ${which} has ended: it is fanned out already, or the next claim takes it.`);
    }
    for (const one of prepared) {
      if (!held.has(one.event.sequence)) continue;
      if (prepared.length === 1) await this.failed(one.event, leaseToken, error);
      else await this.insert([one], leaseToken, handover);
    }
  }

  private async failed(event: WebhookEvent, leaseToken: string, error: unknown): Promise<void> {
    // An outage of the database does not count as a failure of the event.
    if (await this.database.isReachable()) await this.putOff(event, leaseToken, error);
    else throw error;
  }

  private async stateBefore(event: WebhookEvent): Promise<JsonObject | null> {
    // An availability is delivered without a diff: only its latest state matters. A saved entity is sent only if it differs.
    if (event.type === 'availability_update' && event.entity === null) return null;
    const stored = event.beforeSource === 'stored' ? await this.storedBefore(event) : null;
    if (stored !== null) return stored;
    return event.before === null ? null : wholeState(event.before, event.after);
  }

  private async storedBefore(event: WebhookEvent): Promise<JsonObject | null> {
    try {
      return await this.queue.stateBefore(event);
    } catch (error) {
      if (!(error instanceof UnreadableJsonError)) throw error;
      this.logger.error(`The state before ${event.type} ${event.id} cannot be read and is not used: ${error.message}`);
      return null;
    }
  }

  /**
   * The event with the present state of its entity. The transaction that emitted it may not have seen what others committed at
   * the same time. If the entity is gone, the event keeps its state, and the event of the removal follows.
   */
  private async restated(event: WebhookEvent, entity: EntityReference): Promise<WebhookEvent> {
    const present = await this.states.read(entity);
    if (present === null) return event;
    const text = JSON.stringify(present);
    return text === JSON.stringify(event.after) ? event : { ...event, after: JSON.parse(text) as JsonObject };
  }

  /** After `MAX_FAILURES` failures the event becomes `failed`. */
  private async putOff(event: WebhookEvent, leaseToken: string, error: unknown): Promise<void> {
    const reason = storableText(messageOf(error));
    const final = event.failures + 1 >= MAX_FAILURES;
    const retryAt = final ? null : this.clock.now() + backoffMs(RETRY, event.failures);
    this.logger.error(
      `Fan-out of ${event.type} ${event.id} failed (${event.failures + 1} of ${MAX_FAILURES}` +
        `${final ? ', parked as failed' : ''}): ${reason}`,
    );
    await this.queue.fail(event, leaseToken, reason, retryAt);
  }
}

/** The lease ended before the event was fanned out, and another process may have claimed it. The work is dropped. */
class EventLeaseLostError extends WebhooksError {
  constructor() {
    super('The lease ended before the event was fanned out.');
  }
}
