import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookPayload, type WebhookChange } from 'nestjs-octo-webhooks';
import { QueryFailedError } from 'typeorm';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import type { Handover, InsertedDeliveries } from '../../libs/webhooks/src/deliveries/handover.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhooksClock } from '../../libs/webhooks/src/host/clock.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { bookingChange, startTestHost, type RunningHost } from '../support/test-host.js';

const LEASE_MS = 60_000;

describeOnServers('What fan-out hands over to the process that it runs in', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let stored: InsertedDeliveries[];
  let freeSlots: number;
  let handover: Handover;
  let now: number;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { dispatch: { enabled: false, leaseMs: LEASE_MS } });
    [stored, freeSlots, now] = [[], Infinity, Date.now()];
    host.app.get(WebhooksClock).now = () => now;
    handover = {
      freeSlots: () => {
        let left = freeSlots;
        return { take: () => (left -= 1) >= 0 };
      },
      dispatch: async (deliveries) => {
        stored.push(deliveries);
      },
      giveBack: () => undefined,
    };
  });
  afterEach(async () => {
    await host.close();
    await database.drop();
  });

  const subscribe = async (event: 'booking_update' | 'availability_update' = 'booking_update'): Promise<string> =>
    (await host.subscribe({ url: 'http://127.0.0.1:9/never-called', event })).id;
  const change = async (...changes: WebhookChange[]): Promise<void> => {
    await host.emitter.emitAll(changes);
    while ((await host.app.get(FanOut).run(handover)) > 0);
  };
  const rows = () => host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });
  const leased = () => stored.flatMap((deliveries) => deliveries.leased);
  const leftToClaim = () => stored.flatMap(({ webhookIds }) => [...webhookIds]);
  const availability = (vacancies: number): WebhookChange => ({
    event: 'availability_update',
    supplierId: 'supplier-1',
    connectionIds: ['connection-a'],
    productId: 'p-1',
    optionId: 'o-1',
    availabilityId: 'a-1',
    after: { id: 'a-1', vacancies },
  });

  it('is leased to it from the start, and is what a claim would have given it', async () => {
    const webhookId = await subscribe();
    await change(bookingChange('b-1', null, 'ON_HOLD'));
    const [delivery] = leased();
    expect(leftToClaim()).toEqual([]);
    expect(await rows()).toMatchObject([
      { id: delivery?.id, status: 'pending', attempts: 0, leaseToken: delivery?.leaseToken },
    ]);
    const claim = async () => (await host.app.get(DeliveryClaims).claim(new Map([[webhookId, 10]]))).deliveries;
    expect(await claim()).toEqual([]);

    // The process died: another one finds it when its lease is over.
    now += LEASE_MS;
    const [claimed] = await claim();
    expect(claimed).toMatchObject({ ...delivery, leaseToken: expect.any(String), leaseEndsAt: now + LEASE_MS });
    expect(claimed?.leaseToken).not.toBe(delivery?.leaseToken);
  });

  it('is no more than there are freeSlots for; the rest is to be claimed', async () => {
    const webhookId = await subscribe();
    freeSlots = 1;
    await change(bookingChange('b-1', null, 'ON_HOLD'), bookingChange('b-2', null, 'ON_HOLD'));
    expect(leased()).toHaveLength(1);
    expect(leftToClaim()).toEqual([webhookId]);
    const { deliveries } = await host.app.get(DeliveryClaims).claim(new Map([[webhookId, 10]]));
    expect(deliveries.map(({ id }) => id)).toEqual(
      (await rows()).map(({ id }) => id).filter((id) => id !== leased()[0]?.id),
    );
  });

  it('never overtakes an earlier change of the same booking', async () => {
    await subscribe();
    await change(bookingChange('b-1', null, 'ON_HOLD'));
    await change(bookingChange('b-1', 'ON_HOLD', 'CONFIRMED'));
    expect(leased()).toHaveLength(1);
    expect(leftToClaim()).toEqual([]);
    expect(await rows()).toMatchObject([{ id: leased()[0]?.id }, { leaseToken: NO_LEASE, dueAt: null }]);
  });

  it('may replace an availability that waits, but not one that has been handed over', async () => {
    await subscribe('availability_update');
    freeSlots = 0;
    await change(availability(3));
    freeSlots = Infinity;
    await change(availability(2));
    await change(availability(1));
    await change(availability(0));
    expect(
      (await rows()).map(({ status, dueAt, leaseToken }) => [status, dueAt !== null, leaseToken !== NO_LEASE]),
    ).toEqual([
      ['superseded', false, false],
      ['pending', true, true],
      ['superseded', false, false],
      ['pending', false, false],
    ]);
    expect(leased()).toHaveLength(1);
  });

  it('is leased once, when the transaction lost a race and is repeated', async () => {
    await subscribe();
    freeSlots = 1;
    const sql = host.app.get(WebhooksDatabase);
    const insert = sql.insert.bind(sql);
    sql.insert = async (...row) => {
      await insert(...row);
      if (row[1] !== WebhookDelivery) return;
      sql.insert = insert;
      throw new QueryFailedError('INSERT', [], Object.assign(new Error('Deadlock'), { errno: 1213 }));
    };
    await change(bookingChange('b-1', null, 'ON_HOLD'));
    expect(await rows()).toMatchObject([{ id: leased()[0]?.id, leaseToken: leased()[0]?.leaseToken }]);
    expect(leased()).toHaveLength(1);
  });

  it('has no place taken by one that could not be stored', async () => {
    await subscribe();
    freeSlots = 1;
    const sql = host.app.get(WebhooksDatabase);
    const insert = sql.insert.bind(sql);
    let failures = 0;
    sql.insert = async (manager, entity, inserted) => {
      await insert(manager, entity, inserted);
      if (entity === WebhookPayload && (inserted.length > 1 || failures === 1)) {
        failures += 1;
        throw new Error('This cannot be stored.');
      }
    };
    await change(bookingChange('b-1', null, 'ON_HOLD'), bookingChange('b-2', null, 'ON_HOLD'));
    // Together they failed; then the first alone failed, and the second did not.
    expect(failures).toBe(2);
    expect(leased()).toHaveLength(1);
    expect(await rows()).toMatchObject([{ id: leased()[0]?.id, leaseToken: leased()[0]?.leaseToken }]);
  });
});
