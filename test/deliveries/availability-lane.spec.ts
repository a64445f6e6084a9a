import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookEvent, type Webhook } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { DeliveryClaims, type ClaimedDelivery } from '../../libs/webhooks/src/deliveries/claim.js';
import { DeliverySettlements } from '../../libs/webhooks/src/deliveries/settle.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { TriggeredFanOut } from '../../libs/webhooks/src/fan-out/triggered-fan-out.js';
import { describeOnServers } from '../support/each-database.js';
import { untilLockWait } from '../support/lock-waits.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const LEASE_MS = 60_000;

describeOnServers('Deliveries of one availability', (kind) => {
  const clock = new TestClock();
  // Nothing runs automatically.
  const options = { dispatch: { enabled: false, leaseMs: LEASE_MS } };
  const steps = new DatabaseSteps();
  const parts = { extras: { clock: { useValue: clock } }, overrides: [watchedDatabase(steps)] };
  const host = useTestHost(kind, options, parts);
  let webhook: Webhook;

  beforeEach(async () => {
    clock.stop();
    webhook = await host.subscribe({ event: 'availability_update', url: 'http://127.0.0.1:9/never-called' });
  });
  afterEach(() => host.webhooks.delete(CONNECTIONS.a, webhook.id));

  /** Emits a change, or has a partner trigger it, and fans it out. */
  const change = async (triggered = false, availabilityId = 'slot'): Promise<void> => {
    const resource = { supplierId: 'supplier-1', productId: 'product', optionId: 'option', availabilityId };
    await host.emitter.emit({ event: 'availability_update', ...resource, after: { id: 'slot' } });
    const trigger = { status: 'triggered', triggerRequestId: uuidv7(), triggerWebhookId: webhook.id } as const;
    if (triggered) await host.dataSource.getRepository(WebhookEvent).update({ status: 'pending' }, trigger);
    await host.app.get(FanOut).run();
    await host.app.get(TriggeredFanOut).run();
  };
  const claim = async (): Promise<readonly ClaimedDelivery[]> =>
    (await host.app.get(DeliveryClaims).claim(new Map([[webhook.id, 3]]))).deliveries;
  const postpone = (deliveries: readonly ClaimedDelivery[], dueAt: number) =>
    host.app
      .get(DeliverySettlements)
      .settle(deliveries.map((delivery) => ({ delivery, next: { status: 'pending', dueAt }, attempt: null })));
  const stored = () =>
    host.dataSource
      .getRepository(WebhookDelivery)
      .find({ where: { webhookId: webhook.id }, order: { eventSequence: 1 } });

  it('when one has to be tried again, the newest replaces it and takes its due time', async () => {
    await change();
    const claimed = await claim();
    await change();
    const dueAt = clock.now() + 5000;
    await postpone(claimed, dueAt);
    expect(await stored()).toMatchObject([{ status: 'superseded' }, { status: 'pending', dueAt: new Date(dueAt) }]);
  });

  it('when one has to be tried again, the deliveries of other lanes stay as they are', async () => {
    const other = await host.subscribe({ event: 'booking_update', url: 'http://127.0.0.1:9/never-called' });
    for (const status of ['ON_HOLD', 'CONFIRMED']) {
      await host.emitter.emit(bookingChange('b-1', null, status));
      await host.app.get(FanOut).run();
    }
    const others = () => host.dataSource.getRepository(WebhookDelivery).findBy({ webhookId: other.id });
    const before = await others();
    expect(before).toMatchObject([{ status: 'pending' }, { status: 'pending' }]);
    await change();
    const claimed = await claim();
    await change();
    await postpone(claimed, clock.now());
    expect(await others()).toEqual(before);
    expect((await stored()).map(({ status }) => status)).toEqual(['superseded', 'pending']);
    await host.webhooks.delete(CONNECTIONS.a, other.id);
  });

  it('when another process claims the older one meanwhile, it waits, and gets the newest alone', async () => {
    await change();
    const lost = await claim();
    clock.advance(LEASE_MS + 1);
    const holder = await claim();
    await change();
    await host.app.get(DeliveryClaims).giveBack(holder);
    let claiming: Promise<readonly ClaimedDelivery[]> = Promise.resolve([]);
    steps.onStatement = async (sql) => {
      if (!/SET due_at = \? WHERE id = \?/.test(sql)) return;
      steps.onStatement = null;
      claiming = claim();
      await untilLockWait(host.dataSource, claiming);
    };
    await postpone(lost, clock.now());
    expect(steps.onStatement).toBeNull();
    const claimed = [...(await claiming), ...(await claim())];
    const [older, newest] = await stored();
    expect([older?.status, newest?.status]).toEqual(['superseded', 'pending']);
    expect(claimed.map(({ id }) => id)).toEqual([newest?.id]);
  });

  it('when a lease was lost, the new holder sends the older one and the newer one waits for it', async () => {
    await change();
    const lost = await claim();
    clock.advance(LEASE_MS + 1);
    const [holder] = await claim();
    await change();
    await postpone(lost, clock.now());
    expect(await stored()).toMatchObject([
      { status: 'pending', leaseToken: holder?.leaseToken, dueAt: new Date(holder?.leaseEndsAt ?? 0) },
      { status: 'pending', leaseToken: NO_LEASE, dueAt: null },
    ]);
  });

  it('when a partner has asked for one of them, all are kept in their order, even if one has to be tried again', async () => {
    await change();
    await change(true);
    await change();
    const first = await claim();
    expect(first).toHaveLength(1);
    await postpone(first, clock.now());
    expect((await stored()).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending']);
    expect((await claim()).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  });

  it('behind one that a partner has asked for, only the newest change waits', async () => {
    await change();
    await change(true);
    for (let changes = 0; changes < 3; changes += 1) await change();
    expect((await stored()).map(({ status }) => status)).toEqual([
      'pending',
      'pending',
      'superseded',
      'superseded',
      'pending',
    ]);
    const sent: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      const claimed = await claim();
      sent.push(...claimed.map(({ id }) => id));
      const settlements = claimed.map(
        (delivery) => ({ delivery, next: { status: 'delivered' }, attempt: null }) as const,
      );
      await host.app.get(DeliverySettlements).settle(settlements);
    }
    const delivered = (await stored()).filter(({ status }) => status === 'delivered');
    expect(sent).toEqual(delivered.map(({ id }) => id));
    expect(sent).toHaveLength(3);
  });

  it('when the one that a partner asked for has been sent, the next change is due at once', async () => {
    await change(true);
    const settlements = (await claim()).map(
      (delivery) => ({ delivery, next: { status: 'delivered' }, attempt: null }) as const,
    );
    await host.app.get(DeliverySettlements).settle(settlements);
    await change();
    expect(await stored()).toMatchObject([
      { status: 'delivered' },
      { status: 'pending', dueAt: new Date(clock.now()) },
    ]);
  });

  it('its changes are fanned out without waiting for locks on those of others', async () => {
    await change();
    const others = await stored();
    expect(others).toHaveLength(1);
    await host.dataSource.transaction(async (manager) => {
      // By their keys, because a search in an index would lock its gaps too.
      for (const { id } of others) {
        await manager.findOneOrFail(WebhookDelivery, { where: { id }, lock: { mode: 'pessimistic_write' } });
      }
      await change(false, 'another slot');
    });
    expect((await stored()).map(({ status }) => status)).toEqual(['pending', 'pending']);
  });

  it('when fan-out adds a newer one to the lane of one that is being sent, settling waits, and makes the newer one due', async () => {
    await change();
    const settlements = (await claim()).map(
      (delivery) => ({ delivery, next: { status: 'delivered' }, attempt: null }) as const,
    );
    let settling: Promise<unknown> = Promise.resolve();
    steps.once('beforeCommit', async () => {
      settling = host.app.get(DeliverySettlements).settle(settlements);
      await untilLockWait(host.dataSource, settling);
    });
    await change();
    await settling;
    expect(await stored()).toMatchObject([
      { status: 'delivered' },
      { status: 'pending', dueAt: new Date(clock.now()) },
    ]);
  });
});
