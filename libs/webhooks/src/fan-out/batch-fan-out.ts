import { Injectable, Logger } from '@nestjs/common';
import { backoffMs } from '../database/backoff.js';
import { messageOf } from '../database/error-text.js';
import { storableText } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { Handover, InsertedDeliveries } from '../deliveries/handover.js';
import { DeliveryInserts, type PreparedEvent } from '../deliveries/insert.js';
import { ResourceStates } from '../emission/by-entity/resource-states.js';
import type { EntityReference } from '../emission/webhook-change.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import type { JsonObject } from '../octo/json.js';
import { WebhooksError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { Audience } from './audience.js';
import { EarlierStates, EventQueue } from './event-queue.js';
import { comparedWith, PayloadBuilder, type UnbuiltPayload } from './payload-builder.js';

/** After this many failures an event becomes `failed`. */
const MAX_FAILURES = 8;
/** The wait is longest after the last failure but one. */
const RETRY = { firstMs: 1000, mostMs: 64_000 };
/** Deliveries that are ready must not wait long for a slow serializer. */
const INSERT_AFTER_MS = 20;
/** Limits the duration of a transaction. */
const INSERT_AFTER_DELIVERIES = 2000;

/** Claimed events to be fanned out. */
export interface EventBatch {
  /** In order of their sequences. */
  readonly events: readonly WebhookEvent[];
  readonly leaseToken: string;
  /** Events that are not begun by this time are given back, in ms since 1970. */
  readonly until: number;
  readonly handover: Handover;
}

/** An event in the state that partners receive. */
interface CurrentEvent extends PreparedEvent {
  /** Whether that is not the state that is stored with the event. */
  readonly isRestated: boolean;
}

/** A batch in progress. */
interface BatchWork extends EventBatch {
  readonly waiting: WebhookEvent[];
  /** Events that follow one that was not fanned out. They are given back. */
  readonly left: WebhookEvent[];
  readonly audience: ReturnType<Audience['ofBatch']>;
  /** The resources (`resourceOf`) of which an event was not fanned out. */
  readonly stopped: Set<string>;
}

const NOTHING: InsertedDeliveries = { leased: [], webhookIds: new Set() };

/** Identifies the resource of an event. Two suppliers may use the same ids. */
export function resourceOf({ supplierId, resourceKey }: WebhookEvent): string {
  return `${supplierId}\t${resourceKey}`;
}

/** Turns claimed events into payloads and deliveries: each event once or not at all. */
@Injectable()
export class BatchFanOut {
  private readonly logger = new Logger(LOG_CONTEXT);

  constructor(
    private readonly queue: EventQueue,
    private readonly audience: Audience,
    private readonly entities: ResourceStates,
    private readonly states: EarlierStates,
    private readonly payloads: PayloadBuilder,
    private readonly inserts: DeliveryInserts,
    private readonly database: WebhooksDatabase,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Fans the events of a batch out.
   *
   * The host's serializer runs outside of any transaction, because it may use the database itself. If the pool is
   * exhausted or the database is embedded, it would wait for ever for a connection that this transaction holds.
   *
   * @returns the resources (`resourceOf`) of which an event was not fanned out
   * @throws when the database is away
   */
  async run(batch: EventBatch): Promise<ReadonlySet<string>> {
    const { events, leaseToken, until } = batch;
    const work: BatchWork = {
      ...batch,
      waiting: [...events],
      left: [],
      audience: this.audience.ofBatch(events),
      stopped: new Set(),
    };
    while (work.waiting.length > 0 && this.clock.now() < until) await this.insert(await this.prepareSome(work), work);
    const left = [...work.left, ...work.waiting];
    for (const event of left) work.stopped.add(resourceOf(event));
    await this.queue.giveBack(
      left.map(({ sequence }) => sequence),
      leaseToken,
    );
    return work.stopped;
  }

  /** Takes as many of the waiting events as are worth one transaction, and builds their payloads. */
  private async prepareSome(work: BatchWork): Promise<CurrentEvent[]> {
    const { waiting, left, stopped } = work;
    const prepared: CurrentEvent[] = [];
    const until = this.clock.now() + INSERT_AFTER_MS;
    let deliveries = 0;
    for (let event = waiting.shift(); event !== undefined; event = waiting.shift()) {
      if (stopped.has(resourceOf(event))) {
        left.push(event);
        continue;
      }
      try {
        const webhooks = await work.audience(event);
        prepared.push(await this.prepare(event, webhooks, prepared));
        deliveries += webhooks.length;
      } catch (error) {
        await this.failed(event, work, error);
      }
      if (deliveries >= INSERT_AFTER_DELIVERIES || this.clock.now() >= until) break;
    }
    return prepared;
  }

  private async prepare(
    event: WebhookEvent,
    webhooks: Awaited<ReturnType<BatchWork['audience']>>,
    earlier: readonly CurrentEvent[],
  ): Promise<CurrentEvent> {
    const told = event.entity === null ? event : await this.restated(event, event.entity);
    const before = await this.states.before(event, previousOf(event, earlier));
    const built = await this.payloads.build(told, comparedWith(before), webhooks);
    for (const unbuilt of built.unbuilt) this.logUnbuilt(event, unbuilt);
    return {
      event: told,
      payloads: built.payloads,
      unbuilt: built.unbuilt.flatMap((unbuilt) => unbuilt.webhooks),
      isRestated: told !== event,
    };
  }

  private logUnbuilt({ type, id }: WebhookEvent, { webhooks, reason }: UnbuiltPayload): void {
    const ids = webhooks.slice(0, 3).map((webhook) => webhook.id);
    const others = webhooks.length > ids.length ? ` and ${webhooks.length - ids.length} more` : '';
    this.logger.error(
      `The payload of ${type} ${id} for ${ids.join(', ')}${others} cannot be built, and is tried again: ${reason}`,
    );
  }

  /**
   * Inserts the payloads and deliveries of all events in one transaction. If it fails, each event gets its own
   * transaction, so that an event that cannot be inserted does not delay the others.
   */
  private async insert(prepared: readonly CurrentEvent[], work: BatchWork): Promise<void> {
    if (prepared.length === 0) return;
    const { leaseToken, handover } = work;
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
        return await this.notInserted(prepared, work, error);
      } finally {
        // The transaction may have been committed, and only the response was lost.
        handover.giveBack(inserted.leased);
      }
    }
    await handover.dispatch(inserted);
  }

  private async notInserted(prepared: readonly CurrentEvent[], work: BatchWork, error: unknown): Promise<void> {
    const { leaseToken, stopped } = work;
    const held = await this.queue.held(
      prepared.map(({ event }) => event),
      leaseToken,
    );
    const lost = prepared.filter(({ event }) => !held.has(event.sequence));
    if (lost.length > 0) {
      const which = lost.map(({ event }) => `${event.type} ${event.id}`).join(', ');
      this.logger.warn(`The lease of ${which} has ended: it is fanned out already, or the next claim takes it.`);
      for (const { event } of lost) stopped.add(resourceOf(event));
    }
    for (const one of prepared) {
      if (!held.has(one.event.sequence)) continue;
      if (stopped.has(resourceOf(one.event))) await this.queue.giveBack([one.event.sequence], leaseToken);
      else if (prepared.length === 1) await this.failed(one.event, work, error);
      else await this.insert([one], work);
    }
  }

  private async failed(event: WebhookEvent, { leaseToken, stopped }: BatchWork, error: unknown): Promise<void> {
    stopped.add(resourceOf(event));
    // An outage of the database does not count as a failure of the event.
    if (await this.database.isReachable()) await this.putOff(event, leaseToken, error);
    else throw error;
  }

  /**
   * The event with the present state of its entity. The transaction that emitted it may not have seen what others committed at
   * the same time. If the entity is gone, the event keeps its state, and the event of the removal follows.
   */
  private async restated(event: WebhookEvent, entity: EntityReference): Promise<WebhookEvent> {
    const present = await this.entities.read(entity);
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

/** The event before this one, if it is among those that are about to be inserted with it. */
function previousOf(event: WebhookEvent, earlier: readonly CurrentEvent[]): WebhookEvent | undefined {
  const resource = resourceOf(event);
  return earlier.findLast((one) => resourceOf(one.event) === resource)?.event;
}

/** The lease ended before the event was fanned out, and another process may have claimed it. The work is dropped. */
class EventLeaseLostError extends WebhooksError {
  constructor() {
    super('The lease ended before the event was fanned out.');
  }
}
