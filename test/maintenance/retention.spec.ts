import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, WebhookEvent, WebhookPayload, type JsonObject } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { describeOnDatabases } from '../support/each-database.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { DAY_MS, MaintainedHost } from './maintained-host.js';

const DELIVERED_MS = 30 * DAY_MS;
const DEAD_MS = 90 * DAY_MS;
const MINUTE_MS = 60_000;
const ANY_URL = { url: 'http://127.0.0.1:9/never-called' };

describeOnDatabases('Retention', (kind) => {
  const maintained = new MaintainedHost(kind, { settledMs: DELIVERED_MS, deadMs: DEAD_MS }, { pendingForMs: null });

  beforeEach(async () => {
    maintained.clock.reset();
    await maintained.host.subscribe(ANY_URL);
  });
  afterEach(async () => {
    for (const { id } of await maintained.host.webhooks.list(CONNECTIONS.a)) {
      await maintained.host.webhooks.delete(CONNECTIONS.a, id);
    }
    await maintained.clear();
  });

  /** Runs the maintenance that far in the future, and sets the clock back. */
  const maintainAfter = async (ms: number): Promise<void> => {
    maintained.clock.advance(ms);
    await maintained.maintain();
    maintained.clock.advance(-ms);
  };
  const booking = (uuid: string, status: string) => bookingChange(uuid, null, status);
  /** A change for which the host gives no state before. */
  const bookingAfter = (uuid: string, status: string) => {
    const { before: _, ...change } = booking(uuid, status);
    return change;
  };
  const keyOf = (uuid: string): string => `booking_update\t${uuid}`;
  const deliveryKeys = async (): Promise<string[]> =>
    (await maintained.repository(WebhookDelivery).find({ order: { id: 'ASC' } })).map(({ resourceKey }) => resourceKey);
  const eventStates = async (): Promise<unknown[]> =>
    (await maintained.repository(WebhookEvent).find({ order: { sequence: 'ASC' } })).map(
      ({ after }) => after['status'],
    );

  it('settled deliveries are kept for their age, dead ones for longer, and pending ones for ever', async () => {
    for (const status of ['delivered', 'cancelled', 'superseded', 'dead', 'pending'] as const) {
      await maintained.change(booking(status, 'CONFIRMED'));
      if (status === 'pending') continue;
      await maintained.settle(status, { resourceKey: keyOf(status) });
    }
    const all = await maintained.counts();
    expect(all).toEqual({ events: 5, payloads: 5, deliveries: 5, attempts: 4 });
    await maintainAfter(DELIVERED_MS - MINUTE_MS);
    expect(await maintained.counts()).toEqual(all);

    await maintainAfter(DELIVERED_MS);
    expect(await deliveryKeys()).toEqual([keyOf('dead'), keyOf('pending')]);
    expect(await maintained.counts()).toMatchObject({ payloads: 2, attempts: 1 });
    await maintainAfter(DEAD_MS - MINUTE_MS);
    expect(await deliveryKeys()).toEqual([keyOf('dead'), keyOf('pending')]);

    await maintainAfter(DEAD_MS);
    await maintainAfter(10 * DEAD_MS);
    expect(await deliveryKeys()).toEqual([keyOf('pending')]);
    expect(await maintained.counts()).toMatchObject({ payloads: 1, attempts: 0 });
  });

  it('the age of a delivery counts from its settling and not from its creation', async () => {
    await maintained.change(booking('late', 'CONFIRMED'));
    maintained.clock.advance(DAY_MS);
    await maintained.settle('delivered', {});
    await maintainAfter(DELIVERED_MS - MINUTE_MS);
    expect(await deliveryKeys()).toHaveLength(1);
    await maintainAfter(DELIVERED_MS);
    expect(await deliveryKeys()).toEqual([]);
  });

  it('a payload and its event are removed with the last delivery', async () => {
    const { id } = await maintained.host.subscribe(ANY_URL);
    await maintained.change(booking('shared', 'ON_HOLD'), booking('shared', 'CONFIRMED'));
    expect(await maintained.counts()).toEqual({ events: 2, payloads: 2, deliveries: 4, attempts: 0 });
    await maintained.settle('delivered', { webhookId: id });
    maintained.clock.advance(DAY_MS);
    await maintained.settle('delivered', {});
    await maintainAfter(DELIVERED_MS - DAY_MS);
    expect(await maintained.counts()).toEqual({ events: 2, payloads: 2, deliveries: 2, attempts: 2 });
    await maintainAfter(DELIVERED_MS);
    expect(await maintained.counts()).toEqual({ events: 1, payloads: 0, deliveries: 0, attempts: 0 });
  });

  it('the last state of each booking is kept, so that the next diff is right', async () => {
    await maintained.change(booking('compared', 'ON_HOLD'), bookingAfter('compared', 'CONFIRMED'));
    await maintained.settle('delivered', {});
    await maintainAfter(DEAD_MS);
    expect(await eventStates()).toEqual(['CONFIRMED']);

    await maintained.change(bookingAfter('compared', 'CANCELLED'));
    const [payload] = await maintained.repository(WebhookPayload).find();
    const { diff } = JSON.parse(`{${payload?.body?.replace(/^\{|\}$/g, '') ?? ''}}`) as { diff: JsonObject[] };
    expect(diff).toEqual([{ op: 'replace', path: '/status', was: 'CONFIRMED', value: 'CANCELLED' }]);
  });

  it('the last state is kept while the next change waits to be fanned out', async () => {
    await maintained.change(booking('waiting', 'CONFIRMED'));
    await maintained.settle('delivered', {});
    await maintained.host.emitter.emit(bookingAfter('waiting', 'CANCELLED'));
    await maintainAfter(DEAD_MS);
    expect(await eventStates()).toEqual(['CONFIRMED', 'CANCELLED']);
  });

  it('the last state is kept for each supplier, and what partners have triggered does not count as one', async () => {
    await maintained.change(
      booking('same-id', 'CONFIRMED'),
      { ...booking('same-id', 'OF_ANOTHER_SUPPLIER'), supplierId: 'supplier-2', connectionIds: ['connection-z'] },
      booking('same-id', 'TRIGGERED'),
    );
    const events = maintained.repository(WebhookEvent);
    const triggered = (await events.find()).find(({ after }) => after['status'] === 'TRIGGERED');
    await events.update({ id: triggered?.id ?? '' }, { triggerRequestId: uuidv7() });
    await maintained.settle('delivered', {});
    await maintainAfter(DEAD_MS);
    expect(await eventStates()).toEqual(['CONFIRMED', 'OF_ANOTHER_SUPPLIER']);
  });

  it('no availability is kept, and no event that had no audience', async () => {
    await maintained.change(
      {
        event: 'availability_update',
        supplierId: 'supplier-1',
        productId: 'product',
        optionId: 'option',
        availabilityId: 'slot',
        after: { id: 'slot', status: 'LAST_AND_ONLY' },
      },
      { ...booking('unheard', 'ON_HOLD'), connectionIds: ['connection-b'] },
      { ...booking('unheard', 'CONFIRMED'), connectionIds: ['connection-b'] },
    );
    await maintainAfter(DELIVERED_MS - MINUTE_MS);
    expect(await maintained.counts()).toMatchObject({ events: 3, payloads: 0 });
    await maintainAfter(DELIVERED_MS);
    expect(await eventStates()).toEqual(['CONFIRMED']);
  });

  it('a failed event is kept as long as dead deliveries, and a pending or triggered one for ever', async () => {
    for (const state of ['FAILED', 'FANNED_OUT', 'LAST']) await maintained.host.emitter.emit(booking('failed', state));
    const events = maintained.repository(WebhookEvent);
    for (const { sequence, after } of await events.find()) {
      await events.update({ sequence }, { status: after['status'] === 'FAILED' ? 'failed' : 'fanned_out' });
    }
    const { id } = await maintained.host.emitter.emit(booking('failed', 'TRIGGERED'));
    await events.update({ id }, { status: 'triggered', triggerRequestId: uuidv7() });
    await maintained.host.emitter.emit(booking('failed', 'PENDING'));
    await maintainAfter(DELIVERED_MS);
    expect(await eventStates()).toEqual(['FAILED', 'LAST', 'TRIGGERED', 'PENDING']);
    await maintainAfter(DEAD_MS - MINUTE_MS);
    expect(await eventStates()).toEqual(['FAILED', 'LAST', 'TRIGGERED', 'PENDING']);
    await maintainAfter(DEAD_MS);
    expect(await eventStates()).toEqual(['LAST', 'TRIGGERED', 'PENDING']);
  });

  it('a whole page of rows that stay does not hide those behind it', async () => {
    await maintained.seed(300, DEAD_MS - DAY_MS);
    await maintained.repository(WebhookDelivery).updateAll({ status: 'dead' });
    await maintained.seed(1, DELIVERED_MS + DAY_MS);
    await maintained.maintain();
    expect(await maintained.repository(WebhookDelivery).countBy({ status: 'delivered' })).toBe(0);
    expect(await maintained.repository(WebhookDelivery).countBy({ status: 'dead' })).toBe(600);
  });

  it('more rows than a page has are removed in small steps', async () => {
    await maintained.seed(600, DELIVERED_MS + DAY_MS);
    await maintained.seed(10, DELIVERED_MS - DAY_MS);
    expect(await maintained.counts()).toEqual({ events: 610, payloads: 610, deliveries: 1220, attempts: 1220 });
    expect(await maintained.maintain()).toBeGreaterThan(1200 / 500 + 610 / 500);
    expect(await maintained.counts()).toEqual({ events: 600, payloads: 10, deliveries: 20, attempts: 20 });
    const left = await maintained.repository(WebhookAttempt).find();
    const ids = (await maintained.repository(WebhookDelivery).find()).map(({ id }) => id);
    expect(new Set(left.map(({ deliveryId }) => deliveryId))).toEqual(new Set(ids));
  });
});
