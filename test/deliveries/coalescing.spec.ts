import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  WebhookDelivery,
  type AvailabilityChange,
  type Webhook,
  type WebhooksModuleOptions,
} from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { Receiver } from '../support/receiver.js';
import { CONNECTIONS, startTestHost, TEST_OPTIONS, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

describeOnDatabases('Availability updates', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let receiver: Receiver;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
  });
  afterAll(() => database.drop());
  beforeEach(async () => {
    receiver = await Receiver.listen();
  });
  afterEach(async () => {
    await host.close();
    await receiver.close();
  });

  const start = async (options: WebhooksModuleOptions = {}): Promise<Webhook> => {
    host = await startTestHost(database.url, { ...TEST_OPTIONS, ...options });
    for (const { id } of await host.webhooks.list(CONNECTIONS.a)) await host.webhooks.delete(CONNECTIONS.a, id);
    return host.subscribe({ event: 'availability_update', url: receiver.url() });
  };
  const change = (slot: string, vacancies: number): AvailabilityChange => ({
    event: 'availability_update',
    supplierId: 'supplier-1',
    productId: 'product',
    optionId: 'option',
    availabilityId: slot,
    after: { id: slot, vacancies },
  });
  const stored = async (webhook: Webhook) =>
    host.dataSource
      .getRepository(WebhookDelivery)
      .find({ where: { webhookId: webhook.id }, order: { eventSequence: 1 } });
  const statuses = async (webhook: Webhook) => (await stored(webhook)).map(({ status }) => status);
  const settled = (webhook: Webhook, count: number) =>
    waitUntil('all to be settled', async () => {
      const all = await statuses(webhook);
      return all.length === count && !all.includes('pending');
    });
  const received = (): unknown[] => receiver.requests.map(({ body }) => body.availability?.['vacancies']);

  it('that wait for one under way are replaced by the newest, which is sent with its state and no diff', async () => {
    const webhook = await start();
    receiver.delayMs = 700;
    await host.emitter.emit(change('slot', 9));
    await receiver.received(1);
    for (const vacancies of [8, 7, 6, 5]) await host.emitter.emit(change('slot', vacancies));
    await settled(webhook, 5);
    expect(await statuses(webhook)).toEqual(['delivered', 'superseded', 'superseded', 'superseded', 'delivered']);
    expect(received()).toEqual([9, 5]);
    expect(receiver.requests[1]?.body).not.toHaveProperty('diff');
  });

  it('that wait to be tried again give way to a newer one, which is due when they were', async () => {
    const webhook = await start({ retry: { delaysMs: [3_600_000], jitter: 0 } });
    receiver.answerNext(500);
    await host.emitter.emit(change('slot', 9));
    await waitUntil('the failure', async () => (await stored(webhook))[0]?.attempts === 1);
    const dueAt = (await stored(webhook))[0]?.dueAt;
    await host.emitter.emit(change('slot', 8));
    await host.emitter.emit(change('other', 3));
    await receiver.received(2);
    await waitUntil('the replacement', async () => (await statuses(webhook)).includes('superseded'));
    expect(await stored(webhook)).toMatchObject([
      { status: 'superseded', dueAt: null, settledAt: expect.any(Date) },
      { status: 'pending', dueAt, attempts: 0 },
      {},
    ]);
    expect(received()).toEqual([9, 3]);
  });

  it('that fail while a newer one waits are not tried again: the newer one takes their turn', async () => {
    const webhook = await start({ retry: { delaysMs: [200], jitter: 0 } });
    receiver.delayMs = 700;
    receiver.answerNext(500);
    await host.emitter.emit(change('slot', 9));
    await receiver.received(1);
    await host.emitter.emit(change('slot', 8));
    await settled(webhook, 2);
    expect(await stored(webhook)).toMatchObject([
      { status: 'superseded', attempts: 1 },
      { status: 'delivered', attempts: 1 },
    ]);
    expect(received()).toEqual([9, 8]);
  });

  it('are all delivered, in order, where `coalesceAvailability` is off', async () => {
    const webhook = await start({ dispatch: { pollMs: 50, coalesceAvailability: false } });
    receiver.answerNext(500);
    receiver.delayMs = 700;
    await host.emitter.emit(change('slot', 9));
    // The others wait already when the first fails.
    await receiver.received(1);
    receiver.delayMs = 0;
    for (const vacancies of [8, 7]) await host.emitter.emit(change('slot', vacancies));
    await settled(webhook, 3);
    expect(await statuses(webhook)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(received()).toEqual([9, 9, 8, 7]);
  });
});
