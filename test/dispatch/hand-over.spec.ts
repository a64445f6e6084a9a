import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { WebhookAttempt, WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { Dispatcher } from '../../libs/webhooks/src/dispatch/dispatcher.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import { Settler } from '../../libs/webhooks/src/dispatch/settler.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhooksWorker } from '../../libs/webhooks/src/worker/webhooks-worker.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../../libs/webhooks/src/webhooks.options.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { Receiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, startTestHost, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

describeOnServers('A delivery that was leased when it was stored', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let receiver: Receiver;
  let webhook: Webhook;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    receiver = await Receiver.listen();
    // Nothing runs by itself: fan-out hands over what the test has it work on.
    host = await startTestHost(database.url, { dispatch: { enabled: false, concurrency: 1, shutdownGraceMs: 100 } });
    webhook = await host.subscribe({ url: receiver.url() });
  });
  afterEach(async () => {
    await host.close();
    await receiver.close();
    await database.drop();
  });

  const change = async (booking: string): Promise<void> => {
    await host.emitter.emit(bookingChange(booking, null, 'CONFIRMED'));
    await host.app.get(FanOut).run(host.app.get(Dispatcher));
  };
  /** Does something between the commit of what is stored and the look at where it goes. */
  const beforeItIsTaken = (act: () => Promise<unknown>): void => {
    const claims = host.app.get(DeliveryClaims);
    const withWebhooks = claims.withWebhooks.bind(claims);
    claims.withWebhooks = async (leased) => {
      await act();
      return withWebhooks(leased);
    };
  };
  const deliveries = () => host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });

  it('goes out and is settled without a claim', async () => {
    host.app.get(DeliveryClaims).claim = () => Promise.reject(new Error('This is a claim.'));
    await change('b-1');
    await receiver.received(1);
    await waitUntil('its settling', async () => (await deliveries())[0]?.status === 'delivered');
    expect(await deliveries()).toMatchObject([{ attempts: 1, dueAt: null, leaseToken: NO_LEASE }]);
    expect(receiver.requests[0]?.headers['webhook-id']).toBe((await deliveries())[0]?.id);
  });

  it('wants no round of claims; what was stored beside it does', async () => {
    let rounds = 0;
    host.app.get(Dispatcher).onRoundWanted(() => (rounds += 1));
    receiver.answerAlways('never');
    await change('b-1');
    await receiver.received(1);
    expect(rounds).toBe(0);
    await change('b-2');
    await turn();
    expect(rounds).toBe(1);
    await host.app.get(Dispatcher).drain();
  });

  it('is cancelled without an attempt if its webhook has been deactivated meanwhile', async () => {
    beforeItIsTaken(() => host.webhooks.update(CONNECTIONS.a, webhook.id, { active: false }, []));
    await change('b-1');
    await waitUntil('the cancellation', async () => (await deliveries())[0]?.status === 'cancelled');
    expect(await host.dataSource.getRepository(WebhookAttempt).count()).toBe(0);
    expect(receiver.requests).toEqual([]);
  });

  it('is given back if another process has opened the circuit meanwhile', async () => {
    const circuitOpenUntil = new Date(Date.now() + 60_000);
    beforeItIsTaken(() =>
      host.dataSource.getRepository(WebhookRow).update({ id: webhook.id }, { circuitOpenUntil, circuitOpenings: 1 }),
    );
    let rounds = 0;
    host.app.get(Dispatcher).onRoundWanted(() => (rounds += 1));
    await change('b-1');
    await turn();
    expect(rounds).toBe(1);
    await host.app.get(Dispatcher).run();
    expect(await deliveries()).toMatchObject([{ status: 'pending', attempts: 0, leaseToken: NO_LEASE }]);
    expect(receiver.requests).toEqual([]);
  });

  it.each(['run', 'drain'] as const)('is given back by %s if its webhook could not be looked up', async (end) => {
    beforeItIsTaken(() => Promise.reject(new Error('The database is away.')));
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await change('b-1');
    expect(warn.mock.calls).toEqual([
      [expect.stringMatching(/^1 deliveries are given back, .*: The database is away/)],
    ]);
    warn.mockRestore();
    expect((await deliveries())[0]?.leaseToken).not.toBe(NO_LEASE);
    await host.app.get(Dispatcher)[end]();
    expect(await deliveries()).toMatchObject([{ status: 'pending', attempts: 0, leaseToken: NO_LEASE }]);
    expect(receiver.requests).toEqual([]);
  });

  it('is given back by the next round if a round could not; if the last one could not, that is logged', async () => {
    beforeItIsTaken(() => Promise.reject(new Error('The database is away.')));
    const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
    await change('b-1');
    await change('b-2');
    const [claims, dispatcher] = [host.app.get(DeliveryClaims), host.app.get(Dispatcher)];
    const giveBack = claims.giveBack.bind(claims);
    const stillAway = () => Promise.reject(new Error('It is still away.'));
    claims.giveBack = stillAway;
    await expect(dispatcher.run()).rejects.toThrow('It is still away.');
    claims.giveBack = giveBack;
    await dispatcher.run();
    expect((await deliveries()).map(({ leaseToken }) => leaseToken)).toEqual([NO_LEASE, NO_LEASE]);

    await change('b-3');
    claims.giveBack = stillAway;
    await dispatcher.drain();
    expect(warn).toHaveBeenLastCalledWith(
      expect.stringMatching(/^1 deliveries wait until their leases end, .*: It is still away/),
    );
    warn.mockRestore();
    expect((await deliveries()).filter(({ leaseToken }) => leaseToken !== NO_LEASE)).toHaveLength(1);
  });

  it('waits for its turn like one that was claimed, and is given back when the process stops before that', async () => {
    receiver.answerAlways('never');
    await change('b-1');
    await receiver.received(1);
    expect(host.app.get(Dispatcher).freeSlots().take(webhook.id)).toBe(false);
    host.app.get(Dispatcher).freeSlots = () => ({ take: () => true });
    await change('b-2');
    expect((await deliveries()).map(({ leaseToken }) => leaseToken)).not.toContain(NO_LEASE);
    await host.app.get(Dispatcher).drain();
    expect(await deliveries()).toMatchObject([
      { status: 'pending', leaseToken: NO_LEASE },
      { status: 'pending', leaseToken: NO_LEASE },
    ]);
    expect(receiver.requests).toHaveLength(1);
  });

  it('is not in a process that is about to stop: there are no freeSlots any more', async () => {
    expect(host.app.get(Dispatcher).freeSlots().take(webhook.id)).toBe(true);
    await host.app.get(WebhooksWorker).onModuleDestroy();
    expect(host.app.get(Dispatcher).freeSlots().take(webhook.id)).toBe(false);
  });

  it('has no opening while as many as may be wait for being settled', async () => {
    const settler = host.app.get(Settler);
    const held: (() => void)[] = [];
    settler.settle = () => new Promise((settled) => void held.push(settled));
    const most = 16 * host.app.get<ResolvedWebhooksOptions>(WEBHOOKS_OPTIONS).dispatch.concurrency;
    const freeSlots = (): boolean => host.app.get(Dispatcher).freeSlots().take(webhook.id);
    for (let sent = 0; sent < most; sent += 1) {
      expect(freeSlots()).toBe(true);
      await change(`b-${sent}`);
      // Only when the answer has come is the request over.
      await waitUntil('its settling', async () => held.length === sent + 1);
    }
    expect(freeSlots()).toBe(false);
    for (const settled of held) settled();
    await turn();
    expect(freeSlots()).toBe(true);
  });
});
