import { beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { Dispatcher } from '../../libs/webhooks/src/dispatch/dispatcher.js';
import { ReceiverHealthRepository } from '../../libs/webhooks/src/dispatch/receiver-health.repository.js';
import { Receivers } from '../../libs/webhooks/src/dispatch/receivers.js';
import { DeliveryClaims, type ClaimRound } from '../../libs/webhooks/src/deliveries/claim.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { describeOnServers } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { SELF_SIGNED } from '../support/hostile-certificates.js';
import { useReceiver } from '../support/receiver.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS, TEST_OPTIONS, type RunningHost } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';
import { waitUntil } from '../support/wait-until.js';

const LEASE_MS = 60_000;
const TIMEOUT_MS = 15_000;

describeOnServers('A round of the dispatcher', (kind) => {
  /** Whether a claim finds nothing, as if another process had just claimed what was due. */
  let nothingIsDue: boolean;
  class OvertakenClaims extends DeliveryClaims {
    override async claim(shares: ReadonlyMap<string, number>): Promise<ClaimRound> {
      return nothingIsDue ? { deliveries: [], more: [] } : super.claim(shares);
    }
  }

  const clock = new TestClock();
  const steps = new DatabaseSteps();
  // Nothing runs automatically.
  const hosts = useTestHosts(
    kind,
    {
      dispatch: { enabled: false, leaseMs: LEASE_MS, shutdownGraceMs: 100 },
      request: { ...TEST_OPTIONS.request, timeoutMs: TIMEOUT_MS },
    },
    {
      extras: { clock: { useValue: clock } },
      overrides: [watchedDatabase(steps), [DeliveryClaims, OvertakenClaims]],
    },
  );
  const receiver = useReceiver();
  const secure = useReceiver('test', 'https');
  beforeEach(() => {
    clock.stop();
    [nothingIsDue, steps.away] = [false, false];
  });

  const emit = async (host: RunningHost, connectionId: string, ...uuids: string[]): Promise<void> => {
    for (const uuid of uuids) {
      await host.emitter.emit({ ...bookingChange(uuid, null, 'CONFIRMED'), connectionIds: [connectionId] });
    }
    await fanOutAll(host.app.get(FanOut));
  };
  const round = async (host: RunningHost): Promise<void> => {
    host.app.get(Dispatcher).lookAround();
    await host.app.get(Dispatcher).run();
  };
  const deliveries = (host: RunningHost, { id }: Webhook) =>
    host.dataSource.getRepository(WebhookDelivery).find({ where: { webhookId: id }, order: { eventSequence: 1 } });
  const paths = (): string[] => receiver.requests.map(({ path }) => path);

  it('a delivery whose lease could end before its request is not sent, and is due again when the lease is over', async () => {
    const host = await hosts.start();
    const webhook = await host.subscribe({ url: receiver.url('/first') });
    await emit(host, CONNECTIONS.a.id, 'b-1', 'b-2');
    receiver.hold();
    // A new receiver gets one request; the other delivery waits for its turn, under its lease.
    await round(host);
    await receiver.received(1);
    clock.advance(LEASE_MS - TIMEOUT_MS + 1);
    receiver.release();
    await waitUntil('the first', async () => (await deliveries(host, webhook))[0]?.status === 'delivered');
    await host.subscribe({ url: receiver.url('/other') }, CONNECTIONS.b);
    await emit(host, CONNECTIONS.b.id, 'b-3');
    await round(host);
    await receiver.received(2);
    expect(paths()).toEqual(['/first', '/other']);
    expect((await deliveries(host, webhook))[1]).toMatchObject({ status: 'pending', attempts: 0 });

    clock.advance(TIMEOUT_MS);
    await round(host);
    await receiver.received(3);
    expect(paths()).toEqual(['/first', '/other', '/first']);
  });

  it('one process probes an open circuit: a turn without a delivery does not last beside the turn of another process', async () => {
    const [first, second] = [await hosts.start(), await hosts.start()];
    const webhook = await first.subscribe({ url: receiver.url() });
    await first.dataSource
      .getRepository(WebhookRow)
      .update({ id: webhook.id }, { circuitOpenUntil: new Date(clock.now() - 1), circuitOpenings: 1 });
    await emit(first, CONNECTIONS.a.id, 'b-1', 'b-2', 'b-3');
    nothingIsDue = true;
    await round(first);
    nothingIsDue = false;

    await round(second);
    expect(receiver.requests).toEqual([]);
    clock.advance(LEASE_MS);
    receiver.answerNext('never');
    await round(second);
    await receiver.received(1);
    first.app.get(Receivers).markReady([webhook.id]);
    await round(first);
    const leased = (await deliveries(first, webhook)).filter(({ leaseToken }) => leaseToken !== NO_LEASE);
    expect(leased).toHaveLength(1);
  });

  it.each<[string, (host: RunningHost, webhook: Webhook) => Promise<unknown>]>([
    [
      'that another process has closed',
      (host, { id }) => host.app.get(ReceiverHealthRepository).close(id, clock.now() + LEASE_MS),
    ],
    [
      'that the partner has closed by another URL',
      (host, { id }) => host.webhooks.update(CONNECTIONS.a, id, { url: receiver.url('/new') }, []),
    ],
    [
      'that the partner has closed by an activation',
      (host, { id }) => host.webhooks.update(CONNECTIONS.a, id, { active: true }, []),
    ],
  ])('a circuit %s is closed', async (_, close) => {
    const host = await hosts.start();
    const webhook = await host.subscribe({ url: receiver.url() });
    const until = clock.now() + LEASE_MS;
    await host.app.get(ReceiverHealthRepository).open(webhook.id, until, null);
    host.app.get(Receivers).of(webhook.id).circuit.seen(until);
    await emit(host, CONNECTIONS.a.id, 'b-1');
    await round(host);
    // It has no lease, so this round does not send it.
    expect(await deliveries(host, webhook)).toMatchObject([{ leaseToken: NO_LEASE, attempts: 0 }]);
    await close(host, webhook);
    await round(host);
    await waitUntil('the delivery', async () => (await deliveries(host, webhook))[0]?.status === 'delivered');
    expect(receiver.requests).toHaveLength(1);
  });

  it('what is under way when the application stops without its database is left to its leases', async () => {
    const host = await hosts.start();
    const webhook = await host.subscribe({ url: receiver.url() });
    await emit(host, CONNECTIONS.a.id, 'b-1');
    receiver.hold();
    await round(host);
    await receiver.received(1);
    steps.away = true;
    receiver.release();
    await host.app.get(Dispatcher).drain();
    expect(await host.dataSource.getRepository(WebhookAttempt).count()).toBe(0);
    expect(await deliveries(host, webhook)).toMatchObject([{ status: 'pending', attempts: 0 }]);
  });

  it('what was claimed for a webhook that has just been deactivated is cancelled without an attempt', async () => {
    const host = await hosts.start();
    const webhook = await host.subscribe({ url: receiver.url() });
    await emit(host, CONNECTIONS.a.id, 'b-1');
    await host.webhooks.update(CONNECTIONS.a, webhook.id, { active: false }, []);
    host.app.get(Receivers).markReady([webhook.id]);
    await round(host);
    await waitUntil('the cancellation', async () => (await deliveries(host, webhook))[0]?.status === 'cancelled');
    expect(await deliveries(host, webhook)).toMatchObject([{ attempts: 0, dueAt: null, leaseToken: NO_LEASE }]);
    expect(await host.dataSource.getRepository(WebhookAttempt).count()).toBe(0);
    expect(receiver.requests).toEqual([]);
  });

  it('a webhook that was gone and has been activated is sent to again', async () => {
    const request = { ...TEST_OPTIONS.request, ca: [SELF_SIGNED] };
    const host = await hosts.start({ request, deactivation: { goneAfterMs: 0 } });
    const webhook = await host.subscribe({ url: secure.url() });
    secure.answerNext(410);
    await emit(host, CONNECTIONS.a.id, 'b-1');
    await round(host);
    const get = () => host.webhooks.get(CONNECTIONS.a, webhook.id);
    await waitUntil('the deactivation', async () => !(await get()).active);
    await host.webhooks.update(CONNECTIONS.a, webhook.id, { active: true }, []);
    await emit(host, CONNECTIONS.a.id, 'b-2');
    await round(host);
    await waitUntil('the next', async () => (await deliveries(host, webhook))[1]?.status === 'delivered');
  });
});
