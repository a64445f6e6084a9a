import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { newId, NO_LEASE } from '../database/ids.js';
import { numberOf, placeholders, textOf, textOrNull, type DriverRow } from '../database/sql.js';
import { orGiveBack, WebhooksDatabase } from '../database/webhooks-database.js';
import { NO_HANDOVER, type Handover } from '../deliveries/handover.js';
import { DeliveryInserts, type TriggeredDelivery } from '../deliveries/insert.js';
import { DeliveryLanes } from '../deliveries/lanes.js';
import { WebhookDelivery } from '../deliveries/webhook-delivery.entity.js';
import { DUE_EVENT_INDEX, RESOURCE_INDEX, WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { isWebhookEventType, type WebhookEventType } from '../octo/event-type.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { Audience } from './audience.js';
import { EventQueue } from './event-queue.js';

/** The most triggered events that are claimed at once. */
const BATCH = 50;

/** A claimed event that a partner has triggered. */
interface TriggeredEvent extends TriggeredDelivery {
  readonly type: WebhookEventType;
  readonly supplierId: string;
}

/**
 * Fans out what partners have triggered, beside all other events. Its events have a status of their own, so no claim of other
 * events reads them or waits for them. The host's port is not asked: the attempts of their deliveries read the present state.
 *
 * Other events of the resource may be fanned out at the same time, and their transactions must not wait. A triggered delivery
 * is therefore inserted behind all others of its lane, where later ones see it. It is made due once every transaction that may
 * not have seen it has ended.
 */
@Injectable()
export class TriggeredFanOut {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly queue: EventQueue,
    private readonly audience: Audience,
    private readonly inserts: DeliveryInserts,
    private readonly lanes: DeliveryLanes,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Fans out triggered events that are due. One waits while an earlier event of its resource is pending, whoever emitted that.
   *
   * @param handover is told which webhooks have deliveries to claim
   * @returns how many events were worked on; 0 when there was nothing to do
   */
  async run(handover: Handover = NO_HANDOVER): Promise<number> {
    const sequences = await this.due();
    if (sequences.length === 0) return 0;
    const leaseToken = newId();
    return orGiveBack(
      async () => {
        const events = (await this.lease(sequences, leaseToken)) === 0 ? [] : await this.load(sequences, leaseToken);
        if (events.length > 0) await this.fanOut(events, leaseToken, handover);
        return events.length;
      },
      () => this.queue.giveBack(sequences, leaseToken, 'triggered'),
    );
  }

  private async fanOut(events: readonly TriggeredEvent[], leaseToken: string, handover: Handover): Promise<void> {
    const received = await this.received(events);
    // A transaction of its own: its rows must be visible to others before it is found out who may have missed them.
    await this.database.transaction(async (manager) => {
      const absent = await this.absent(manager, received, leaseToken);
      await this.inserts.insertTriggered(manager, absent);
    });
    await this.othersFannedOut(received.map(({ resourceKey }) => resourceKey));
    const webhookIds = await this.database.transaction(async (manager) => {
      await this.complete(manager, events, leaseToken);
      return this.lanes.release(manager, received);
    });
    await handover.dispatch({ leased: [], webhookIds });
  }

  /** Those whose webhooks are still active, and still for this type of event. */
  private async received(events: readonly TriggeredEvent[]): Promise<TriggeredEvent[]> {
    // The webhook is named, so its own connection need not be looked up.
    const looked = events.map((event) => ({ ...event, connectionIds: null, triggerWebhookId: event.webhookId }));
    const audience = this.audience.ofBatch(looked);
    const received: TriggeredEvent[] = [];
    for (const event of looked) if ((await audience(event)).length > 0) received.push(event);
    return received;
  }

  /** Locks events whose lease this process still holds. Those that a process inserted before it died are left out. */
  private async absent(
    manager: EntityManager,
    events: readonly TriggeredEvent[],
    leaseToken: string,
  ): Promise<TriggeredEvent[]> {
    if (events.length === 0) return [];
    const held = await this.database.select(
      manager,
      `SELECT sequence FROM ${this.table} ${this.database.byIndex('PRIMARY')}
        WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'triggered' FOR UPDATE`,
      [...sequencesOf(events), leaseToken],
      (row) => numberOf(row, 'sequence'),
    );
    const inserted = await this.database.select(
      manager,
      `SELECT id FROM ${this.database.table(WebhookDelivery)} WHERE id IN (${placeholders(events)})`,
      events.map(({ id }) => id),
      (row) => textOf(row, 'id'),
    );
    return events.filter(({ id, sequence }) => held.includes(sequence) && !inserted.includes(id));
  }

  /**
   * Waits for the transactions that are fanning out other events of these resources. They lock their events before they look
   * into the lanes. Its own locks end at once.
   */
  private async othersFannedOut(resourceKeys: readonly string[]): Promise<void> {
    if (resourceKeys.length === 0) return;
    const claimed = await this.database.select(
      this.database.manager,
      `SELECT sequence FROM ${this.table} ${this.database.byIndex(RESOURCE_INDEX)}
        WHERE resource_key IN (${placeholders(resourceKeys)}) AND status = 'pending' AND lease_token <> '${NO_LEASE}'`,
      resourceKeys,
      (row) => numberOf(row, 'sequence'),
    );
    if (claimed.length === 0) return;
    await this.database.retried(() =>
      this.database.select(
        this.database.manager,
        `SELECT sequence FROM ${this.table} ${this.database.byIndex('PRIMARY')}
          WHERE sequence IN (${placeholders(claimed)}) ORDER BY sequence FOR UPDATE`,
        claimed,
        (row) => numberOf(row, 'sequence'),
      ),
    );
  }

  private async due(): Promise<number[]> {
    return this.database.select(
      this.database.manager,
      `SELECT candidate.sequence FROM ${this.table} candidate ${this.database.byIndex(DUE_EVENT_INDEX)}
        WHERE candidate.status = 'triggered' AND candidate.due_at <= ?
          AND (SELECT earlier.sequence FROM ${this.table} earlier ${this.database.byIndex(RESOURCE_INDEX)}
                WHERE earlier.resource_key = candidate.resource_key AND earlier.status = 'pending'
                  AND earlier.supplier_id = candidate.supplier_id AND earlier.sequence < candidate.sequence
                ORDER BY earlier.resource_key, earlier.status, earlier.sequence LIMIT 1) IS NULL
        ORDER BY candidate.due_at LIMIT ${BATCH}`,
      [this.clock.now()],
      (row) => numberOf(row, 'sequence'),
    );
  }

  /** No transaction is needed: if several processes find the same event, the first UPDATE gets it. */
  private async lease(sequences: readonly number[], leaseToken: string): Promise<number> {
    const now = this.clock.now();
    return this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET lease_token = ?, due_at = ?
          WHERE sequence IN (${placeholders(sequences)}) AND status = 'triggered' AND due_at <= ?`,
        [leaseToken, now + this.options.dispatch.leaseMs, ...sequences, now],
      ),
    );
  }

  private async load(sequences: readonly number[], leaseToken: string): Promise<TriggeredEvent[]> {
    return this.database.select(
      this.database.manager,
      `SELECT sequence, id, type, supplier_id, resource_key, trigger_webhook_id, trigger_request_id FROM ${this.table}
        WHERE sequence IN (${placeholders(sequences)}) AND lease_token = ? ORDER BY sequence`,
      [...sequences, leaseToken],
      triggeredEvent,
    );
  }

  private async complete(manager: EntityManager, events: readonly TriggeredEvent[], leaseToken: string): Promise<void> {
    await this.database.change(
      manager,
      `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET status = 'fanned_out', lease_token = '${NO_LEASE}'
        WHERE sequence IN (${placeholders(events)}) AND lease_token = ? AND status = 'triggered'`,
      [...sequencesOf(events), leaseToken],
    );
  }

  private get table(): string {
    return this.database.table(WebhookEvent);
  }
}

function triggeredEvent(row: DriverRow): TriggeredEvent {
  const type = textOf(row, 'type');
  if (!isWebhookEventType(type)) throw new TypeError(`The event ${textOf(row, 'id')} has the unknown type ${type}.`);
  return {
    id: textOf(row, 'id'),
    sequence: numberOf(row, 'sequence'),
    type,
    supplierId: textOf(row, 'supplier_id'),
    resourceKey: textOf(row, 'resource_key'),
    webhookId: textOf(row, 'trigger_webhook_id'),
    triggerRequestId: textOrNull(row, 'trigger_request_id'),
  };
}

function sequencesOf(events: readonly TriggeredEvent[]): number[] {
  return events.map(({ sequence }) => sequence);
}
