import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import type { ClaimedDelivery } from '../../libs/webhooks/src/deliveries/lease.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import { DeliverySettlements } from '../../libs/webhooks/src/deliveries/settle.js';
import { EventQueue } from '../../libs/webhooks/src/fan-out/event-queue.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhooksClock } from '../../libs/webhooks/src/host/clock.js';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { bookingChange, CONNECTIONS, startTestHost, type RunningHost } from '../support/test-host.js';

const LEASE_MS = 60_000;

describeOnDatabases('A lease', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let claims: DeliveryClaims;
  let settlements: DeliverySettlements;
  let webhookId: string;
  let now: number;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    // Nothing runs by itself: each test claims and settles by hand, as several processes would.
    host = await startTestHost(database.url, { dispatch: { enabled: false, leaseMs: LEASE_MS } });
    claims = host.app.get(DeliveryClaims);
    settlements = host.app.get(DeliverySettlements);
    const clock = host.app.get(WebhooksClock);
    clock.now = () => now;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });
  beforeEach(async () => {
    now = Date.now();
    ({ id: webhookId } = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' }));
  });
  afterEach(async () => {
    await host.webhooks.delete(CONNECTIONS.a, webhookId);
    await host.dataSource.getRepository(WebhookDelivery).delete({ webhookId });
  });

  const emit = async (...uuids: string[]): Promise<void> => {
    for (const uuid of uuids) await host.emitter.emit(bookingChange(uuid, null, 'ON_HOLD'));
    const fanOut = host.app.get(FanOut);
    while ((await fanOut.run()) > 0);
  };
  const stored = () => host.dataSource.getRepository(WebhookDelivery).findBy({ webhookId });
  const claim = async (share: number): Promise<readonly ClaimedDelivery[]> =>
    (await claims.claim(new Map([[webhookId, share]]))).deliveries;
  const claimOne = async (): Promise<ClaimedDelivery> => {
    const [claimed] = await claim(1);
    if (claimed === undefined) throw new Error('There was nothing to claim.');
    return claimed;
  };
  const attempt = {
    number: 1,
    startedAt: 0,
    durationMs: 0,
    responseStatus: 200,
    responseBody: '',
    failure: null,
    failureMessage: null,
  };

  it('gives each delivery to one of several claimers', async () => {
    await emit(...Array.from({ length: 12 }, (_, index) => `shared-${index}`));
    const claims = await Promise.all([claim(5), claim(5), claim(5)]);
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // What a claimer passed over because another was just locking it, it finds the next time.
    const rest = await claim(12);
    expect(new Set([...ids, ...rest.map(({ id }) => id)]).size).toBe(12);
    expect(await claim(12)).toEqual([]);
  });

  it('is had by one claimer of what two have found: the other gets the rest', async () => {
    await emit('found-1', 'found-2', 'found-3');
    const sql = host.app.get(WebhooksDatabase);
    const change = sql.change.bind(sql);
    let faster: readonly ClaimedDelivery[] = [];
    sql.change = async (...statement) => {
      sql.change = change;
      faster = await claim(2);
      return change(...statement);
    };
    const slower = await claim(3);
    expect(faster).toHaveLength(2);
    expect(slower).toHaveLength(1);
    expect(faster.map(({ id }) => id)).not.toContain(slower[0]?.id);
  });

  it('ends by itself: a delivery whose claimer died is due again, with the same id', async () => {
    await emit('abandoned');
    const first = await claimOne();
    now += LEASE_MS - 1;
    expect(await claim(1)).toEqual([]);
    now += 2;
    const second = await claimOne();
    expect(second).toMatchObject({ id: first.id, attempts: 0 });
    expect(second.leaseToken).not.toBe(first.leaseToken);
  });

  it('that was lost changes nothing any more, but its attempt is in the log', async () => {
    await emit('overtaken');
    const slow = await claimOne();
    now += LEASE_MS + 1;
    const fast = await claimOne();
    const { leaseToken } = fast;
    const untouched = { status: 'pending', leaseToken, dueAt: new Date(fast.leaseEndsAt), attempts: 0 };
    await settlements.settle([{ delivery: slow, next: { status: 'dead' }, attempt }]);
    expect(await stored()).toMatchObject([untouched]);
    await settlements.settle([{ delivery: slow, next: { status: 'pending', dueAt: 0 }, attempt }]);
    expect(await stored()).toMatchObject([untouched]);
    await settlements.settle([{ delivery: fast, next: { status: 'delivered' }, attempt }]);
    expect(await stored()).toMatchObject([{ status: 'delivered', leaseToken: NO_LEASE, attempts: 1 }]);
    expect(await host.dataSource.getRepository(WebhookAttempt).countBy({ deliveryId: fast.id })).toBe(3);
  });

  it('that is settled again, since the answer to the first COMMIT was lost, leaves one attempt in the log', async () => {
    await emit('uncertain', 'certain');
    const [uncertain, certain] = await claim(2);
    const both = [uncertain, certain].map((delivery) => ({
      delivery: delivery ?? fail(),
      next: { status: 'delivered' } as const,
      attempt,
    }));
    await settlements.settle(both.slice(0, 1));
    await settlements.settle(both, true);
    expect(await stored()).toMatchObject([
      { status: 'delivered', attempts: 1 },
      { status: 'delivered', attempts: 1 },
    ]);
    for (const { delivery } of both) {
      expect(await host.dataSource.getRepository(WebhookAttempt).countBy({ deliveryId: delivery.id })).toBe(1);
    }
  });

  it('that is given back is due at once for everybody, without an attempt; one that was lost stays lost', async () => {
    await emit('returned');
    const first = await claimOne();
    await claims.giveBack([first]);
    const second = await claimOne();
    expect(second).toMatchObject({ id: first.id, attempts: 0 });
    await claims.giveBack([first]);
    expect(await stored()).toMatchObject([{ leaseToken: second.leaseToken }]);
  });

  it('keeps a later change of the resource waiting, whether it is fanned out before or after the settling', async () => {
    await emit('lane');
    const first = await claimOne();
    await emit('lane', 'other-lane');
    const overtaking = await claim(10);
    expect(overtaking.map(({ resourceKey }) => resourceKey)).toEqual(['booking_update\tother-lane']);
    await settlements.settle([{ delivery: first, next: { status: 'dead' }, attempt }]);
    const second = await claimOne();
    expect(second.resourceKey).toBe('booking_update\tlane');
    await settlements.settle([{ delivery: second, next: { status: 'delivered' }, attempt }]);
    await emit('lane');
    expect(await claimOne()).toMatchObject({ resourceKey: 'booking_update\tlane' });
  });

  it('lets changes of one resource be fanned out one after the other only', async () => {
    const events = host.app.get(EventQueue);
    for (const status of ['ON_HOLD', 'CONFIRMED']) await host.emitter.emit(bookingChange('two-events', null, status));
    await host.emitter.emit(bookingChange('one-event', null, 'ON_HOLD'));
    const first = await events.claim(10);
    expect(first.events.map(({ resourceId }) => resourceId)).toEqual(['two-events', 'one-event']);
    expect((await events.claim(10)).events).toEqual([]);
    await host.dataSource.transaction(async (manager) => {
      expect(await events.complete(manager, first.events, first.leaseToken)).toBe(true);
    });
    const second = await events.claim(10);
    expect(second.events).toMatchObject([{ resourceId: 'two-events', after: { status: 'CONFIRMED' } }]);
    await events.fail(second.events[0] ?? fail(), second.leaseToken, 'the end of the test', null);
  });
});

function fail(): never {
  throw new Error('There was nothing to claim.');
}
