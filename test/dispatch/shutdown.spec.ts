import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, type WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { Receiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, startTestHost, TEST_OPTIONS, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

const COUNT = 60;

describeOnServers('An application that shuts down', (kind) => {
  let database: TestDatabase;
  let observer: RunningHost;
  let receiver: Receiver;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    observer = await startTestHost(database.url, { dispatch: { enabled: false } });
  });
  afterAll(async () => {
    await observer.close();
    await database.drop();
  });
  beforeEach(async () => {
    receiver = await Receiver.listen();
    await observer.subscribe({ url: receiver.url() });
  });
  afterEach(async () => {
    for (const { id } of await observer.webhooks.list(CONNECTIONS.a)) await observer.webhooks.delete(CONNECTIONS.a, id);
    await observer.dataSource.getRepository(WebhookDelivery).clear();
    await observer.dataSource.getRepository(WebhookAttempt).clear();
    await receiver.close();
  });

  const start = (dispatch: WebhooksModuleOptions['dispatch'] = {}): Promise<RunningHost> =>
    startTestHost(database.url, { ...TEST_OPTIONS, dispatch: { ...TEST_OPTIONS.dispatch, ...dispatch } });
  const emit = () =>
    observer.emitter.emitAll(
      Array.from({ length: COUNT }, (_, index) => bookingChange(`b-${index}`, null, 'CONFIRMED')),
    );
  const count = (where: object) => observer.dataSource.getRepository(WebhookDelivery).countBy(where);
  const leased = () =>
    observer.dataSource
      .getRepository(WebhookDelivery)
      .createQueryBuilder()
      .where('lease_token <> :none', { none: NO_LEASE })
      .getCount();

  it('lets the requests under way end, settles them and gives back the rest: a restart loses and repeats nothing', async () => {
    const first = await start();
    receiver.delayMs = 50;
    await emit();
    await receiver.received(15);
    await first.close();
    const sent = receiver.requests.length;
    expect(sent).toBeLessThan(COUNT);
    expect(await count({ status: 'delivered' })).toBe(sent);
    expect(await leased()).toBe(0);
    expect(await observer.dataSource.getRepository(WebhookAttempt).count()).toBe(sent);

    const second = await start();
    await waitUntil('all to be delivered', async () => (await count({ status: 'delivered' })) === COUNT);
    await second.close();
    expect(receiver.requests).toHaveLength(COUNT);
    expect(new Set(receiver.requests.map(({ headers }) => headers['webhook-id'])).size).toBe(COUNT);
  });

  it('gives back what does not end within the grace time, to be sent again at once by another process', async () => {
    const first = await start({ shutdownGraceMs: 100 });
    receiver.answerNext('never');
    await emit();
    await receiver.received(1);
    await waitUntil('all to be fanned out', async () => (await count({})) === COUNT);
    await first.close();
    expect(await leased()).toBe(0);
    expect(await count({ status: 'pending', attempts: 0 })).toBe(COUNT);

    const second = await start();
    await waitUntil('all to be delivered', async () => (await count({ status: 'delivered' })) === COUNT);
    await second.close();
    const ids = receiver.requests.map(({ headers }) => headers['webhook-id']);
    expect(ids).toHaveLength(COUNT + 1);
    expect(ids.filter((id) => id === ids[0])).toHaveLength(2);
  });
});
