import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { DeliveryClaims, type ClaimedDelivery } from '../../libs/webhooks/src/deliveries/claim.js';
import { DeliverySettlements } from '../../libs/webhooks/src/deliveries/settle.js';
import { EventClaims } from '../../libs/webhooks/src/fan-out/event-claims.js';
import { EventQueue } from '../../libs/webhooks/src/fan-out/event-queue.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { ATTEMPT, claimFor, claimOneFor } from '../support/claimed-deliveries.js';
import { describeOnDatabases } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const LEASE_MS = 60_000;

describeOnDatabases('The lease of a delivery', (kind) => {
  const clock = new TestClock();
  const steps = new DatabaseSteps();
  // Nothing runs automatically: each test claims and settles as several processes would.
  const options = { dispatch: { enabled: false, leaseMs: LEASE_MS } };
  const parts = { extras: { clock: { useValue: clock } }, overrides: [watchedDatabase(steps)] };
  const host = useTestHost(kind, options, parts);
  let claims: DeliveryClaims;
  let settlements: DeliverySettlements;
  let webhookId: string;

  beforeEach(async () => {
    claims = host.app.get(DeliveryClaims);
    settlements = host.app.get(DeliverySettlements);
    clock.stop();
    ({ id: webhookId } = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' }));
  });
  afterEach(async () => {
    await host.webhooks.delete(CONNECTIONS.a, webhookId);
    await host.dataSource.getRepository(WebhookDelivery).delete({ webhookId });
  });

  const emit = async (...uuids: string[]): Promise<void> => {
    for (const uuid of uuids) await host.emitter.emit(bookingChange(uuid, null, 'ON_HOLD'));
    const fanOut = host.app.get(FanOut);
    await fanOutAll(fanOut);
  };
  const stored = () => host.dataSource.getRepository(WebhookDelivery).findBy({ webhookId });
  const claim = (share: number) => claimFor(host, webhookId, share);
  const claimOne = () => claimOneFor(host, webhookId);

  it('several claimers at once share the deliveries, and each delivery has one claimer', async () => {
    await emit(...Array.from({ length: 12 }, (_, index) => `shared-${index}`));
    const claims = await Promise.all([claim(5), claim(5), claim(5)]);
    const ids = claims.flat().map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    // A claimer skips a delivery that another has locked, and finds it the next time.
    const rest = await claim(12);
    expect(new Set([...ids, ...rest.map(({ id }) => id)]).size).toBe(12);
    expect(await claim(12)).toEqual([]);
  });

  it('when two claimers find the same delivery, only one gets it, and the other gets the rest', async () => {
    await emit('found-1', 'found-2', 'found-3');
    let faster: readonly ClaimedDelivery[] = [];
    steps.once('beforeChange', async () => {
      faster = await claim(2);
    });
    const slower = await claim(3);
    expect(faster).toHaveLength(2);
    expect(slower).toHaveLength(1);
    expect(faster.map(({ id }) => id)).not.toContain(slower[0]?.id);
  });

  it('when a claimer dies, its lease ends and the delivery is due again with the same id', async () => {
    await emit('abandoned');
    const first = await claimOne();
    clock.advance(LEASE_MS - 1);
    expect(await claim(1)).toEqual([]);
    clock.advance(2);
    const second = await claimOne();
    expect(second).toMatchObject({ id: first.id, attempts: 0 });
    expect(second.leaseToken).not.toBe(first.leaseToken);
  });

  it('a process that has lost its lease changes nothing, but its attempt is logged', async () => {
    await emit('overtaken');
    const slow = await claimOne();
    clock.advance(LEASE_MS + 1);
    const fast = await claimOne();
    const { leaseToken } = fast;
    const untouched = { status: 'pending', leaseToken, dueAt: new Date(fast.leaseEndsAt), attempts: 0 };
    await settlements.settle([{ delivery: slow, next: { status: 'dead' }, attempt: ATTEMPT }]);
    expect(await stored()).toMatchObject([untouched]);
    await settlements.settle([{ delivery: slow, next: { status: 'pending', dueAt: 0 }, attempt: ATTEMPT }]);
    expect(await stored()).toMatchObject([untouched]);
    await settlements.settle([{ delivery: fast, next: { status: 'delivered' }, attempt: ATTEMPT }]);
    expect(await stored()).toMatchObject([{ status: 'delivered', leaseToken: NO_LEASE, attempts: 1 }]);
    expect(await host.dataSource.getRepository(WebhookAttempt).countBy({ deliveryId: fast.id })).toBe(3);
  });

  it.each(['delivered', 'dead', 'cancelled'] as const)(
    'a process that has lost its lease and settles it as %s makes nothing due in the lane',
    async (status) => {
      await emit('lost-head', 'lost-head');
      const slow = await claimOne();
      clock.advance(LEASE_MS + 1);
      const fast = await claimOne();
      expect(fast.id).toBe(slow.id);
      const before = await stored();
      await settlements.settle([{ delivery: slow, next: { status }, attempt: ATTEMPT }]);
      expect(await stored()).toEqual(before);
      expect(await claim(10)).toEqual([]);
      await settlements.settle([{ delivery: fast, next: { status: 'delivered' }, attempt: ATTEMPT }]);
      expect(await claim(10)).toMatchObject([{ resourceKey: fast.resourceKey }]);
    },
  );

  it('when a settlement is repeated because the answer to its COMMIT was lost, one attempt is logged', async () => {
    await emit('uncertain', 'certain');
    const [uncertain, certain] = await claim(2);
    const both = [uncertain, certain].map((delivery) => ({
      delivery: delivery ?? fail(),
      next: { status: 'delivered' } as const,
      attempt: ATTEMPT,
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

  it('a delivery that is given back is due at once without an attempt, unless its lease was lost', async () => {
    await emit('returned');
    const first = await claimOne();
    await claims.giveBack([first]);
    const second = await claimOne();
    expect(second).toMatchObject({ id: first.id, attempts: 0 });
    await claims.giveBack([first]);
    expect(await stored()).toMatchObject([{ leaseToken: second.leaseToken }]);
  });

  it('a later change of the same resource waits for the earlier one, whether it is fanned out before or after the settling', async () => {
    await emit('lane');
    const first = await claimOne();
    await emit('lane', 'other-lane');
    const overtaking = await claim(10);
    expect(overtaking.map(({ resourceKey }) => resourceKey)).toEqual(['booking_update\tother-lane']);
    await settlements.settle([{ delivery: first, next: { status: 'dead' }, attempt: ATTEMPT }]);
    const second = await claimOne();
    expect(second.resourceKey).toBe('booking_update\tlane');
    await settlements.settle([{ delivery: second, next: { status: 'delivered' }, attempt: ATTEMPT }]);
    await emit('lane');
    expect(await claimOne()).toMatchObject({ resourceKey: 'booking_update\tlane' });
  });

  it('changes of one resource are fanned out one after the other', async () => {
    const claims = host.app.get(EventClaims);
    const events = host.app.get(EventQueue);
    for (const status of ['ON_HOLD', 'CONFIRMED']) await host.emitter.emit(bookingChange('two-events', null, status));
    await host.emitter.emit(bookingChange('one-event', null, 'ON_HOLD'));
    const first = await claims.claim(10);
    expect(first.events.map(({ resourceId }) => resourceId)).toEqual(['two-events', 'one-event']);
    expect((await claims.claim(10)).events).toEqual([]);
    await host.dataSource.transaction(async (manager) => {
      expect(await events.complete(manager, first.events, first.leaseToken)).toBe(true);
    });
    const second = await claims.claim(10);
    expect(second.events).toMatchObject([{ resourceId: 'two-events', after: { status: 'CONFIRMED' } }]);
    await events.fail(second.events[0] ?? fail(), second.leaseToken, 'the end of the test', null);
  });

  it('events of two suppliers with equal ids do not wait for each other, nor do those of two kinds of resource', async () => {
    const events = host.app.get(EventQueue);
    const change = bookingChange('equal-ids', null, 'ON_HOLD');
    await host.emitter.emitAll([
      change,
      { ...change, supplierId: 'supplier-2', connectionIds: ['connection-z'] },
      { ...change, event: 'order_update' },
    ]);
    const claimed = await host.app.get(EventClaims).claim(10);
    expect(claimed.events.map(({ supplierId, type }) => `${supplierId} ${type}`)).toEqual([
      'supplier-1 booking_update',
      'supplier-2 booking_update',
      'supplier-1 order_update',
    ]);
    for (const event of claimed.events) await events.fail(event, claimed.leaseToken, 'the end of the test', null);
  });
});

function fail(): never {
  throw new Error('There was nothing to claim.');
}
