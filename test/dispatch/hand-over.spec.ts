import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import {
  DeliveryClaims,
  type ClaimedDelivery,
  type ClaimRound,
  type LeasedDelivery,
} from '../../libs/webhooks/src/deliveries/claim.js';
import { Dispatcher } from '../../libs/webhooks/src/dispatch/dispatcher.js';
import { Settler } from '../../libs/webhooks/src/dispatch/settler.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../../libs/webhooks/src/webhooks.options.js';
import { WebhooksWorker } from '../../libs/webhooks/src/worker/webhooks-worker.js';
import { describeOnServers } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { TestLog } from '../support/test-log.js';
import { useTestHost } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

describeOnServers('A delivery that is leased when it is inserted', (kind) => {
  let claims = 0;
  /** Runs between the commit of the inserted deliveries and the lookup of their webhooks. */
  let beforeLookup: () => Promise<unknown>;
  let isAway = false;
  class WatchedClaims extends DeliveryClaims {
    override async claim(shares: ReadonlyMap<string, number>): Promise<ClaimRound> {
      claims += 1;
      return super.claim(shares);
    }

    override async withWebhooks(leased: readonly LeasedDelivery[]): Promise<ClaimedDelivery[]> {
      await beforeLookup();
      return super.withWebhooks(leased);
    }

    override async giveBack(deliveries: readonly LeasedDelivery[]): Promise<void> {
      if (isAway) throw new Error('It is still away.');
      return super.giveBack(deliveries);
    }
  }

  /** The settlements that the test holds back. */
  let heldSettlements: (() => void)[] | null;
  class HeldSettler extends Settler {
    override async settle(...settlement: Parameters<Settler['settle']>): Promise<void> {
      if (heldSettlements === null) return super.settle(...settlement);
      const held = heldSettlements;
      return new Promise((settled) => void held.push(settled));
    }
  }

  const log = new TestLog();
  const receiver = useReceiver();
  // Nothing runs automatically: fan-out works, and hands over, only when the test runs it.
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false, concurrency: 1, shutdownGraceMs: 100 } },
    {
      per: 'test',
      logger: log,
      overrides: [
        [DeliveryClaims, WatchedClaims],
        [Settler, HeldSettler],
      ],
    },
  );
  let webhook: Webhook;
  let dispatcher: Dispatcher;

  beforeEach(async () => {
    webhook = await host.subscribe({ url: receiver.url() });
    dispatcher = host.app.get(Dispatcher);
    [claims, beforeLookup, heldSettlements, isAway] = [0, () => Promise.resolve(), null, false];
    log.clear();
  });

  const change = async (booking: string): Promise<void> => {
    await host.emitter.emit(bookingChange(booking, null, 'CONFIRMED'));
    await host.app.get(FanOut).run(dispatcher);
  };
  const deliveries = () => host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });

  it('it is sent and settled without a claim', async () => {
    await change('b-1');
    await receiver.received(1);
    await waitUntil('its settling', async () => (await deliveries())[0]?.status === 'delivered');
    expect(await deliveries()).toMatchObject([{ attempts: 1, dueAt: null, leaseToken: NO_LEASE }]);
    expect(receiver.requests[0]?.headers['webhook-id']).toBe((await deliveries())[0]?.id);
    expect(claims).toBe(0);
  });

  it('no round of claims is wanted for it, but for what has no free slot', async () => {
    let rounds = 0;
    dispatcher.onRoundWanted(() => (rounds += 1));
    receiver.answerAlways('never');
    await change('b-1');
    await receiver.received(1);
    expect(rounds).toBe(0);
    await change('b-2');
    await turn();
    expect(rounds).toBe(1);
    await dispatcher.drain();
  });

  it('if its webhook has been deactivated meanwhile, it is cancelled without an attempt', async () => {
    beforeLookup = () => host.webhooks.update(CONNECTIONS.a, webhook.id, { active: false }, []);
    await change('b-1');
    await waitUntil('the cancellation', async () => (await deliveries())[0]?.status === 'cancelled');
    expect(await host.dataSource.getRepository(WebhookAttempt).count()).toBe(0);
    expect(receiver.requests).toEqual([]);
  });

  it('if another process has opened the circuit meanwhile, it is given back', async () => {
    const circuitOpenUntil = new Date(Date.now() + 60_000);
    beforeLookup = () =>
      host.dataSource.getRepository(WebhookRow).update({ id: webhook.id }, { circuitOpenUntil, circuitOpenings: 1 });
    let rounds = 0;
    dispatcher.onRoundWanted(() => (rounds += 1));
    await change('b-1');
    await turn();
    expect(rounds).toBe(1);
    await dispatcher.run();
    expect(await deliveries()).toMatchObject([{ status: 'pending', attempts: 0, leaseToken: NO_LEASE }]);
    expect(receiver.requests).toEqual([]);
  });

  it.each(['run', 'drain'] as const)('if its webhook cannot be looked up, %s gives it back', async (end) => {
    beforeLookup = () => Promise.reject(new Error('The database is away.'));
    await change('b-1');
    expect(log.problems).toEqual([expect.stringMatching(/^1 deliveries are given back, .*: The database is away/)]);
    expect((await deliveries())[0]?.leaseToken).not.toBe(NO_LEASE);
    await dispatcher[end]();
    expect(await deliveries()).toMatchObject([{ status: 'pending', attempts: 0, leaseToken: NO_LEASE }]);
    expect(receiver.requests).toEqual([]);
  });

  it('the next round gives back what a round could not; what the last one could not is logged', async () => {
    beforeLookup = () => Promise.reject(new Error('The database is away.'));
    await change('b-1');
    await change('b-2');
    isAway = true;
    await expect(dispatcher.run()).rejects.toThrow('It is still away.');
    isAway = false;
    await dispatcher.run();
    expect((await deliveries()).map(({ leaseToken }) => leaseToken)).toEqual([NO_LEASE, NO_LEASE]);

    await change('b-3');
    isAway = true;
    await dispatcher.drain();
    expect(log.problems.at(-1)).toMatch(/^1 deliveries wait until their leases end, .*: It is still away/);
    expect((await deliveries()).filter(({ leaseToken }) => leaseToken !== NO_LEASE)).toHaveLength(1);
  });

  it('it waits for its turn like a claimed one, and is given back if the process stops before that', async () => {
    receiver.answerAlways('never');
    await change('b-1');
    await receiver.received(1);
    expect(dispatcher.freeSlots().take(webhook)).toBe(false);
    await host.emitter.emit(bookingChange('b-2', null, 'CONFIRMED'));
    await host.app.get(FanOut).run({
      freeSlots: () => ({ take: () => true }),
      dispatch: (inserted) => dispatcher.dispatch(inserted),
      giveBack: (leased) => dispatcher.giveBack(leased),
    });
    expect((await deliveries()).map(({ leaseToken }) => leaseToken)).not.toContain(NO_LEASE);
    await dispatcher.drain();
    expect(await deliveries()).toMatchObject([
      { status: 'pending', leaseToken: NO_LEASE },
      { status: 'pending', leaseToken: NO_LEASE },
    ]);
    expect(receiver.requests).toHaveLength(1);
  });

  it('a process that is about to stop has no free slots', async () => {
    expect(dispatcher.freeSlots().take(webhook)).toBe(true);
    await host.app.get(WebhooksWorker).onModuleDestroy();
    expect(dispatcher.freeSlots().take(webhook)).toBe(false);
  });

  it('there is no free slot while as many deliveries as allowed wait to be settled', async () => {
    const held: (() => void)[] = [];
    heldSettlements = held;
    const most = 16 * host.app.get<ResolvedWebhooksOptions>(WEBHOOKS_OPTIONS).dispatch.concurrency;
    const freeSlots = (): boolean => dispatcher.freeSlots().take(webhook);
    for (let sent = 0; sent < most; sent += 1) {
      expect(freeSlots()).toBe(true);
      await change(`b-${sent}`);
      // The request is over only when the answer has come.
      await waitUntil('its settling', async () => held.length === sent + 1);
    }
    expect(freeSlots()).toBe(false);
    for (const settled of held) settled();
    await turn();
    expect(freeSlots()).toBe(true);
  });
});
