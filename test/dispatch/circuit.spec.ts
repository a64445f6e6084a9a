import { beforeEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EventEmitterModule, OnEvent } from '@nestjs/event-emitter';
import {
  WEBHOOK_CIRCUIT_CLOSED,
  WEBHOOK_CIRCUIT_OPENED,
  WEBHOOK_DEACTIVATED,
  WebhookAttempt,
  WebhookDelivery,
  type Webhook,
  type WebhookOperationalEvent,
  type WebhooksModuleOptions,
} from 'nestjs-octo-webhooks';
import { WebhookRow } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { describeOnServers } from '../support/each-database.js';
import { SELF_SIGNED } from '../support/hostile-certificates.js';
import { LOCAL_REQUESTS } from '../support/local-requests.js';
import { useReceiver, type Receiver } from '../support/receiver.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange, CONNECTIONS, type RunningHost } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const HOUR_MS = 3_600_000;
/** So long that no retry happens during a test. */
const NEVER_AGAIN = { delaysMs: [24 * HOUR_MS, 24 * HOUR_MS], jitter: 0 };
const TRUSTING = { ...LOCAL_REQUESTS, ca: [SELF_SIGNED] };

describeOnServers('A receiver that fails', (kind) => {
  let told: [string, WebhookOperationalEvent][];

  @Injectable()
  class Operations {
    @OnEvent(WEBHOOK_DEACTIVATED)
    deactivated(event: WebhookOperationalEvent): void {
      told.push([WEBHOOK_DEACTIVATED, event]);
    }

    @OnEvent(WEBHOOK_CIRCUIT_OPENED)
    opened(event: WebhookOperationalEvent): void {
      told.push([WEBHOOK_CIRCUIT_OPENED, event]);
    }

    @OnEvent(WEBHOOK_CIRCUIT_CLOSED)
    closed(event: WebhookOperationalEvent): void {
      told.push([WEBHOOK_CIRCUIT_CLOSED, event]);
    }
  }

  const clock = new TestClock();
  const receiver = useReceiver();
  const secure = useReceiver('test', 'https');
  const hosts = useTestHosts(
    kind,
    {},
    { imports: [EventEmitterModule.forRoot()], providers: [Operations], extras: { clock: { useValue: clock } } },
  );
  beforeEach(() => {
    clock.reset();
    told = [];
  });

  /** Starts the dispatchers of one or two processes on one database. */
  const start = async (options: WebhooksModuleOptions, processes = 2): Promise<RunningHost> => {
    const first = await hosts.start(options);
    if (processes === 2) await hosts.start(options);
    return first;
  };
  const emit = (host: RunningHost, count: number) =>
    host.emitter.emitAll(Array.from({ length: count }, (_, index) => bookingChange(`b-${index}`, null, 'CONFIRMED')));
  const deliveries = (host: RunningHost, webhook: Webhook) =>
    host.dataSource.getRepository(WebhookDelivery).findBy({ webhookId: webhook.id });
  const tried = async (host: RunningHost, webhook: Webhook) =>
    (await deliveries(host, webhook)).filter(({ attempts }) => attempts > 0);
  const current = (host: RunningHost, webhook: Webhook) => host.webhooks.get(CONNECTIONS.a, webhook.id);
  /** A webhook whose receiver answers 410, and has done so once. */
  const answered410 = async (answering: Receiver) => {
    const host = await start({ request: TRUSTING, retry: NEVER_AGAIN });
    answering.answerAlways(410);
    const webhook = await host.subscribe({ url: answering.url() });
    await emit(host, 1);
    await waitUntil('the failure', async () => (await current(host, webhook)).failingSince !== null);
    return { host, webhook };
  };
  const names = (): string[] => told.map(([name]) => name);

  it('while it fails, what waits spends no attempt, and one process at a time sends one probe', async () => {
    const host = await start({
      retry: NEVER_AGAIN,
      circuit: { failuresInRow: 3, firstOpenMs: 300, maxOpenMs: 300 },
      dispatch: { pollMs: 50, concurrencyPerWebhook: 1 },
    });
    receiver.answerAlways(500);
    const webhook = await host.subscribe({ url: receiver.url() });
    await emit(host, 40);
    await waitUntil('a probe', () => told.length >= 3);

    // Each process may fail three times, and one more request may be under way in the other. After that there are only probes.
    const failed = receiver.requests.length;
    expect(failed).toBeLessThanOrEqual(3 + 3 + told.length);
    expect(names().every((name) => name === WEBHOOK_CIRCUIT_OPENED)).toBe(true);
    expect((await current(host, webhook)).circuitOpenUntil).not.toBeNull();
    expect((await current(host, webhook)).failingSince).not.toBeNull();

    receiver.answerAlways(200);
    await waitUntil('the circuit to be closed', () => names().includes(WEBHOOK_CIRCUIT_CLOSED));
    const pending = async () => (await deliveries(host, webhook)).filter(({ status }) => status === 'pending');
    const refused = receiver.requests.length;
    await waitUntil('all others to be delivered', async () => (await pending()).every(({ attempts }) => attempts > 0));
    const attempted = await deliveries(host, webhook);
    expect(attempted.every(({ attempts }) => attempts === 1)).toBe(true);
    expect(attempted.filter(({ status }) => status === 'delivered').length).toBeGreaterThanOrEqual(40 - refused);
    expect(receiver.requests).toHaveLength(40);
    expect(await current(host, webhook)).toMatchObject({
      circuitOpenUntil: null,
      circuitOpenings: 0,
      failingSince: null,
      active: true,
    });
    expect(names().filter((name) => name === WEBHOOK_CIRCUIT_CLOSED)).toHaveLength(1);
  });

  it('after a time of nothing but failures it is deactivated, and the host is told once, with reason and time', async () => {
    const host = await start({
      retry: { delaysMs: Array<number>(1000).fill(50), jitter: 0 },
      circuit: { failuresInRow: 1_000_000, minimumAttempts: 1_000_000 },
      deactivation: { failingForMs: 500 },
    });
    receiver.answerAlways(500);
    const webhook = await host.subscribe({ url: receiver.url() });
    await emit(host, 5);
    await waitUntil('the deactivation', () => told.length > 0);
    expect(told).toEqual([
      [
        WEBHOOK_DEACTIVATED,
        {
          webhookId: webhook.id,
          connectionId: 'connection-a',
          supplierId: 'supplier-1',
          event: 'booking_update',
          reason: 'failing',
          failingSince: expect.any(Date),
        },
      ],
    ]);
    const { active, deactivatedAt, deactivationReason, failingSince } = await current(host, webhook);
    expect({ active, deactivationReason }).toEqual({ active: false, deactivationReason: 'failing' });
    expect(Number(deactivatedAt) - Number(failingSince)).toBeGreaterThanOrEqual(500);
    await waitUntil('the rest to be cancelled', async () =>
      (await deliveries(host, webhook)).every(({ status }) => status === 'cancelled'),
    );
  });

  it('it is not deactivated as long as some deliveries succeed', async () => {
    const host = await start({
      retry: { delaysMs: Array<number>(1000).fill(50), jitter: 0 },
      circuit: { failuresInRow: 1_000_000, minimumAttempts: 1_000_000 },
      deactivation: { failingForMs: 60_000 },
    });
    const webhook = await host.subscribe({ url: receiver.url() });
    receiver.answerNext(...Array.from({ length: 60 }, (_, index) => (index % 6 === 5 ? 200 : 500)));
    await emit(host, 10);
    for (let successes = 1; successes <= 10; successes += 1) {
      await receiver.received(6 * successes);
      // Less than a minute passes from one success to the next, and more than three from the first to the last.
      clock.advance(20_000);
    }
    await waitUntil('all to be delivered', async () =>
      (await deliveries(host, webhook)).every(({ status }) => status === 'delivered'),
    );
    expect(told).toEqual([]);
    expect(await current(host, webhook)).toMatchObject({ active: true });
  });

  it('a success that another process has not read yet keeps it from being deactivated', async () => {
    const host = await start({ retry: NEVER_AGAIN, deactivation: { failingForMs: 60_000 } });
    const webhook = await host.subscribe({ url: receiver.url() });
    await emit(host, 1);
    await waitUntil('a success', async () => (await deliveries(host, webhook))[0]?.status === 'delivered');
    const longAgo = new Date(Date.now() - 3_600_000);
    await host.dataSource.getRepository(WebhookRow).update({ id: webhook.id }, { failingSince: longAgo });
    receiver.answerAlways(500);
    await emit(host, 2);
    await waitUntil('the failures', async () =>
      (await deliveries(host, webhook)).every(({ attempts }) => attempts > 0),
    );
    await waitUntil(
      'the correction',
      async () => Number((await current(host, webhook)).failingSince) !== Number(longAgo),
    );
    expect(await current(host, webhook)).toMatchObject({ active: true });
    expect(told).toEqual([]);
  });

  it.each<[string, number, Receiver]>([
    ['over http, however long it fails', 2 * HOUR_MS, receiver],
    ['alone', 0, secure],
  ])('when it answers 410 %s, it stays active and its deliveries are tried again', async (_, failsForMs, answering) => {
    const { host, webhook } = await answered410(answering);
    clock.advance(failsForMs);
    await emit(host, 3);
    await waitUntil('the others to be tried', async () => (await tried(host, webhook)).length === 3);
    expect((await deliveries(host, webhook)).map(({ status }) => status)).toEqual(Array(4).fill('pending'));
    expect(await current(host, webhook)).toMatchObject({ active: true, deactivationReason: null });
    expect(told).toEqual([]);
  });

  it('when it answers 410 after an hour of nothing but failures, it is deactivated, and what waits is cancelled', async () => {
    const { host, webhook } = await answered410(secure);
    clock.advance(HOUR_MS);
    await emit(host, 2);
    await waitUntil('the deactivation', () => told.length > 0);
    await waitUntil('all to be settled', async () =>
      (await deliveries(host, webhook)).every(({ status }) => status === 'cancelled'),
    );
    expect(told).toMatchObject([[WEBHOOK_DEACTIVATED, { reason: 'gone' }]]);
    expect(await current(host, webhook)).toMatchObject({ active: false, deactivationReason: 'gone' });
    const attempts = await host.dataSource.getRepository(WebhookAttempt).find();
    for (const attempt of attempts) expect(attempt).toMatchObject({ responseStatus: 410, failure: 'http_status' });
  });

  it.each([429, 503])('when it answers %i, it gets a pause of the length that it asks for', async (status) => {
    const host = await start({ retry: NEVER_AGAIN }, 1);
    receiver.headers = { 'retry-after': '2' };
    receiver.answerNext(status);
    const webhook = await host.subscribe({ url: receiver.url() });
    await emit(host, 5);
    await receiver.received(1);
    const refused = async () => (await deliveries(host, webhook)).filter(({ attempts }) => attempts === 1);
    await waitUntil('the refusal to be settled', async () => (await refused()).length > 0);
    const [{ id } = { id: '' }] = await refused();
    await receiver.received(2);
    const { startedAt } = await host.dataSource.getRepository(WebhookAttempt).findOneByOrFail({ deliveryId: id });
    expect(Date.now() - startedAt.getTime()).toBeGreaterThanOrEqual(2000);
  });
});
