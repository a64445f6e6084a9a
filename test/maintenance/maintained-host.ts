import {
  WebhookAttempt,
  WebhookDelivery,
  WebhookEvent,
  WebhookPayload,
  type WebhookChange,
} from 'nestjs-octo-webhooks';
import type { WebhookDeliveryStatus, WebhooksLimitsOptions, WebhooksRetentionOptions } from 'nestjs-octo-webhooks';
import type { EntityTarget, FindOptionsWhere, Repository } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { Maintenance } from '../../libs/webhooks/src/maintenance/maintenance.js';
import type { DatabaseKind } from '../support/database-servers.js';
import type { UsedDatabase } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { TestClock } from '../support/test-clock.js';
import type { HostParts } from '../support/test-host.js';
import { useTestHost, type TestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

export const DAY_MS = 24 * 3_600_000;
export const HOUR_MS = 3_600_000;

/** A host whose clock and database the test controls, and in which nothing runs automatically. */
export class MaintainedHost {
  /** The library's time. The ids of rows follow the machine's. */
  readonly clock = new TestClock();
  readonly steps = new DatabaseSteps();
  readonly host: TestHost;

  /** Is started before the tests of the group and closed after them. */
  constructor(
    on: DatabaseKind | UsedDatabase,
    retention: WebhooksRetentionOptions = {},
    limits: WebhooksLimitsOptions = {},
    imports: HostParts['imports'] = [],
  ) {
    const options = { dispatch: { enabled: false }, retention: { sweepMs: 10, ...retention }, limits };
    const extras = { clock: { useValue: this.clock } };
    this.host = useTestHost(on, options, { extras, imports, overrides: [watchedDatabase(this.steps)] });
  }

  get now(): number {
    return this.clock.now();
  }

  repository<Row extends object>(entity: EntityTarget<Row>): Repository<Row> {
    return this.host.dataSource.getRepository(entity);
  }

  get database(): WebhooksDatabase {
    return this.host.app.get(WebhooksDatabase);
  }

  /** Emits changes and fans them out. */
  async change(...changes: WebhookChange[]): Promise<void> {
    for (const change of changes) await this.host.emitter.emit(change);
    const fanOut = this.host.app.get(FanOut);
    await fanOutAll(fanOut);
  }

  /** Settles deliveries now, as the dispatcher would, after one attempt each. */
  async settle(status: WebhookDeliveryStatus, where: FindOptionsWhere<WebhookDelivery>): Promise<void> {
    const deliveries = this.repository(WebhookDelivery);
    for (const { id } of await deliveries.findBy({ ...where, status: 'pending' })) {
      await deliveries.update({ id }, { status, settledAt: new Date(this.now), dueAt: null, leaseToken: NO_LEASE });
      await this.database.insert(this.host.dataSource.manager, WebhookAttempt, [attemptOf(id)]);
    }
  }

  /** Runs the maintenance until it has nothing to do at once. Returns how many steps it took. */
  async maintain(): Promise<number> {
    const maintenance = this.host.app.get(Maintenance);
    let steps = 1;
    while (await maintenance.run()) steps += 1;
    return steps;
  }

  /** Does something at the end of every transaction of the library, while it holds its locks. Returns how to stop it. */
  beforeEachCommit(action: () => Promise<void>): () => void {
    return this.steps.each('beforeCommit', action);
  }

  /** How many rows there are of each kind. */
  async counts(): Promise<Record<'events' | 'payloads' | 'deliveries' | 'attempts', number>> {
    return {
      events: await this.repository(WebhookEvent).count(),
      payloads: await this.repository(WebhookPayload).count(),
      deliveries: await this.repository(WebhookDelivery).count(),
      attempts: await this.repository(WebhookAttempt).count(),
    };
  }

  /** Inserts bookings that were changed once, that long ago, and delivered to two webhooks each. */
  async seed(bookings: number, agoMs: number): Promise<void> {
    const at = this.now - agoMs;
    const id = (): string => uuidv7({ msecs: at });
    const events = Array.from({ length: bookings }, (_, index) => seededEvent(id(), `seeded-${index}`, at));
    const payloads = events.map((event) => ({
      id: id(),
      event_id: event.id,
      capabilities: '[]',
      language: null,
      body: '{}',
      created_at: at,
    }));
    const deliveries = SEEDED_WEBHOOKS.flatMap((webhookId) =>
      payloads.map((payload, index) => seededDelivery(id(), webhookId, payload.id, index, at)),
    );
    const { manager } = this.host.dataSource;
    await this.database.insert(manager, WebhookEvent, events);
    await this.database.insert(manager, WebhookPayload, payloads);
    await this.database.insert(manager, WebhookDelivery, deliveries);
    await this.database.insert(
      manager,
      WebhookAttempt,
      deliveries.map((delivery) => attemptOf(delivery.id)),
    );
  }

  /** Inserts pending deliveries of a webhook: of different bookings, or of one lane if a booking is named. */
  async wait(webhookId: string, deliveries: number, uuid?: string): Promise<void> {
    const rows = Array.from({ length: deliveries }, (_, index) => ({
      // Before all events that are emitted.
      ...seededDelivery(uuidv7(), webhookId, uuidv7(), index - deliveries, this.now),
      ...(uuid === undefined ? {} : { resource_key: `booking_update\t${uuid}` }),
      status: 'pending',
      due_at: uuid === undefined || index === 0 ? this.now : null,
      settled_at: null,
    }));
    await this.database.insert(this.host.dataSource.manager, WebhookDelivery, rows);
  }

  async clear(): Promise<void> {
    for (const entity of [WebhookEvent, WebhookPayload, WebhookDelivery, WebhookAttempt]) {
      await this.host.dataSource.query(`DELETE FROM ${this.database.table(entity)}`);
    }
  }
}

const SEEDED_WEBHOOKS = [uuidv7(), uuidv7()] as const;

/** The row of an attempt that was answered with 200. */
export function attemptOf(deliveryId: string) {
  return {
    delivery_id: deliveryId,
    number: 1,
    started_at: 0,
    duration_ms: 0,
    response_status: 200,
    response_body: '',
    failure: null,
    failure_message: null,
  };
}

function seededEvent(id: string, uuid: string, at: number) {
  return {
    id,
    type: 'booking_update',
    supplier_id: 'supplier-1',
    connection_ids: '["connection-a"]',
    resource_id: uuid,
    product_id: null,
    option_id: null,
    resource_key: `booking_update\t${uuid}`,
    before_source: 'created',
    before_state: null,
    after_state: '{}',
    status: 'fanned_out',
    due_at: at,
    lease_token: NO_LEASE,
    failures: 0,
    failure_reason: null,
    created_at: at,
    trigger_webhook_id: null,
    trigger_request_id: null,
    trigger_query: null,
  };
}

function seededDelivery(id: string, webhookId: string, payloadId: string, booking: number, at: number) {
  return {
    id,
    webhook_id: webhookId,
    payload_id: payloadId,
    event_sequence: booking,
    resource_key: `booking_update\tseeded-${booking}`,
    status: 'delivered',
    due_at: null,
    lease_token: NO_LEASE,
    attempts: 1,
    created_at: at,
    settled_at: at,
    trigger_request_id: null,
  };
}
