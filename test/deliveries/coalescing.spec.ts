import { expect, it } from '@jest/globals';
import {
  WebhookDelivery,
  type AvailabilityChange,
  type Webhook,
  type WebhooksModuleOptions,
} from 'nestjs-octo-webhooks';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import { everyChangeFannedOut } from '../support/outbox-state.js';
import { useReceiver } from '../support/receiver.js';
import { CONNECTIONS } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

describeOnDatabases('Availability updates of one slot', (kind) => {
  const receiver = useReceiver();
  const host = useTestHosts(useTestDatabase(kind));

  const start = async (options: WebhooksModuleOptions = {}): Promise<Webhook> => {
    await host.start(options);
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

  it('while one is under way, those that wait for it are replaced by the newest, which is sent with its state and no diff', async () => {
    const webhook = await start();
    receiver.hold();
    await host.emitter.emit(change('slot', 9));
    await receiver.received(1);
    for (const vacancies of [8, 7, 6, 5]) {
      await host.emitter.emit(change('slot', vacancies));
      // One that is not fanned out yet would be replaced in the outbox already.
      await everyChangeFannedOut(host.dataSource.manager);
    }
    receiver.release();
    await settled(webhook, 5);
    expect(await statuses(webhook)).toEqual(['delivered', 'superseded', 'superseded', 'superseded', 'delivered']);
    expect(received()).toEqual([9, 5]);
    expect(receiver.requests[1]?.body).not.toHaveProperty('diff');
  });

  it('one that waits to be tried again is replaced by a newer one, which is due at the same time', async () => {
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

  it('one that fails while a newer one waits is not tried again, and the newer one is sent in its turn', async () => {
    const webhook = await start({ retry: { delaysMs: [200], jitter: 0 } });
    receiver.hold();
    receiver.answerNext(500);
    await host.emitter.emit(change('slot', 9));
    await receiver.received(1);
    await host.emitter.emit(change('slot', 8));
    await everyChangeFannedOut(host.dataSource.manager);
    receiver.release();
    await settled(webhook, 2);
    expect(await stored(webhook)).toMatchObject([
      { status: 'superseded', attempts: 1 },
      { status: 'delivered', attempts: 1 },
    ]);
    expect(received()).toEqual([9, 8]);
  });

  it('with `coalesceAvailability` off, all are delivered in their order', async () => {
    const webhook = await start({ dispatch: { pollMs: 50, coalesceAvailability: false } });
    receiver.answerNext(500);
    receiver.hold();
    await host.emitter.emit(change('slot', 9));
    await receiver.received(1);
    for (const vacancies of [8, 7]) await host.emitter.emit(change('slot', vacancies));
    // The others wait already when the first fails.
    await everyChangeFannedOut(host.dataSource.manager);
    receiver.release();
    await settled(webhook, 3);
    expect(await statuses(webhook)).toEqual(['delivered', 'delivered', 'delivered']);
    expect(received()).toEqual([9, 9, 8, 7]);
  });
});
