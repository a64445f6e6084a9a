import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, type Webhook } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { Dispatcher } from '../../libs/webhooks/src/dispatch/dispatcher.js';
import { Receivers } from '../../libs/webhooks/src/dispatch/receivers.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhooksClock } from '../../libs/webhooks/src/host/clock.js';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { Receiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, startTestHost, TEST_OPTIONS, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

const LEASE_MS = 60_000;
const TIMEOUT_MS = 15_000;

describeOnServers('A round of the dispatcher', (kind) => {
  let database: TestDatabase;
  let hosts: RunningHost[];
  let receiver: Receiver;
  let now: number;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    receiver = await Receiver.listen();
    [hosts, now] = [[], Date.now()];
  });
  afterEach(async () => {
    await receiver.close();
    for (const host of hosts) await host.close();
    await database.drop();
  });

  /** Starts a process in which nothing runs by itself. */
  const start = async (): Promise<RunningHost> => {
    const host = await startTestHost(database.url, {
      dispatch: { enabled: false, leaseMs: LEASE_MS, shutdownGraceMs: 100 },
      request: { ...TEST_OPTIONS.request, timeoutMs: TIMEOUT_MS },
    });
    host.app.get(WebhooksClock).now = () => now;
    hosts.push(host);
    return host;
  };
  const emit = async (host: RunningHost, connectionId: string, ...uuids: string[]): Promise<void> => {
    for (const uuid of uuids) {
      await host.emitter.emit({ ...bookingChange(uuid, null, 'CONFIRMED'), connectionIds: [connectionId] });
    }
    while ((await host.app.get(FanOut).run()) > 0);
  };
  const round = async (host: RunningHost): Promise<void> => {
    host.app.get(Dispatcher).lookAround();
    await host.app.get(Dispatcher).run();
  };
  const deliveries = (host: RunningHost, { id }: Webhook) =>
    host.dataSource.getRepository(WebhookDelivery).find({ where: { webhookId: id }, order: { eventSequence: 1 } });
  const paths = (): string[] => receiver.requests.map(({ path }) => path);

  it('sends nothing whose lease could end before the request does: that is due again when the lease is over', async () => {
    const host = await start();
    const webhook = await host.subscribe({ url: receiver.url('/first') });
    await emit(host, CONNECTIONS.a.id, 'b-1', 'b-2');
    receiver.delayMs = 200;
    // To one that is new goes one request; the other delivery waits for its turn, under its lease.
    await round(host);
    await receiver.received(1);
    now += LEASE_MS - TIMEOUT_MS + 1;
    await waitUntil('the first', async () => (await deliveries(host, webhook))[0]?.status === 'delivered');
    await host.subscribe({ url: receiver.url('/other') }, CONNECTIONS.b);
    await emit(host, CONNECTIONS.b.id, 'b-3');
    await round(host);
    await receiver.received(2);
    expect(paths()).toEqual(['/first', '/other']);
    expect((await deliveries(host, webhook))[1]).toMatchObject({ status: 'pending', attempts: 0 });

    now += TIMEOUT_MS;
    await round(host);
    await receiver.received(3);
    expect(paths()).toEqual(['/first', '/other', '/first']);
  });

  it('probes an open circuit alone: a turn that came to nothing does not last beside that of another process', async () => {
    const [first, second] = [await start(), await start()];
    const webhook = await first.subscribe({ url: receiver.url() });
    await first.dataSource
      .getRepository(WebhookRow)
      .update({ id: webhook.id }, { circuitOpenUntil: new Date(now - 1), circuitOpenings: 1 });
    await emit(first, CONNECTIONS.a.id, 'b-1', 'b-2', 'b-3');
    const claims = first.app.get(DeliveryClaims);
    const claim = claims.claim.bind(claims);
    // As if another process had just claimed what was due.
    claims.claim = async () => ({ deliveries: [], more: [] });
    await round(first);
    claims.claim = claim;

    await round(second);
    expect(receiver.requests).toEqual([]);
    now += LEASE_MS;
    receiver.answerNext('never');
    await round(second);
    await receiver.received(1);
    first.app.get(Receivers).markReady([webhook.id]);
    await round(first);
    const leased = (await deliveries(first, webhook)).filter(({ leaseToken }) => leaseToken !== NO_LEASE);
    expect(leased).toHaveLength(1);
  });

  it('hears that another process has closed a circuit, or the partner has: by another URL', async () => {
    const host = await start();
    const webhook = await host.subscribe({ url: receiver.url() });
    host.app
      .get(Receivers)
      .of(webhook.id)
      .circuit.seen(now + LEASE_MS);
    await emit(host, CONNECTIONS.a.id, 'b-1');
    await round(host);
    await receiver.received(1);
  });

  it('that is under way when the application stops without its database is left to its leases', async () => {
    const host = await start();
    const webhook = await host.subscribe({ url: receiver.url() });
    await emit(host, CONNECTIONS.a.id, 'b-1');
    const sql = host.app.get(WebhooksDatabase);
    await round(host);
    sql.transaction = () => Promise.reject(new Error('The database is away.'));
    sql.isReachable = async () => false;
    await receiver.received(1);
    await host.app.get(Dispatcher).drain();
    expect(await host.dataSource.getRepository(WebhookAttempt).count()).toBe(0);
    expect(await deliveries(host, webhook)).toMatchObject([{ status: 'pending', attempts: 0 }]);
  });

  it('cancels, without an attempt, what it has claimed for a webhook that has just been deactivated', async () => {
    const host = await start();
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

  it('sends to a webhook again that was gone and has been activated', async () => {
    const host = await start();
    const webhook = await host.subscribe({ url: receiver.url() });
    receiver.answerNext(410);
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
