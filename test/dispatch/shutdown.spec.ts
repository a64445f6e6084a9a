import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, type WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { describeOnServers, useTestDatabase } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, TEST_OPTIONS, type RunningHost } from '../support/test-host.js';
import { useTestHost, useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const COUNT = 60;

describeOnServers('An application that shuts down', (kind) => {
  const database = useTestDatabase(kind);
  const observer = useTestHost(database, { dispatch: { enabled: false } });
  const processes = useTestHosts(database);
  const receiver = useReceiver();

  beforeEach(() => observer.subscribe({ url: receiver.url() }));
  afterEach(async () => {
    for (const { id } of await observer.webhooks.list(CONNECTIONS.a)) await observer.webhooks.delete(CONNECTIONS.a, id);
    await observer.dataSource.getRepository(WebhookDelivery).clear();
    await observer.dataSource.getRepository(WebhookAttempt).clear();
  });

  const start = (dispatch: WebhooksModuleOptions['dispatch'] = {}): Promise<RunningHost> =>
    processes.start({ dispatch: { ...TEST_OPTIONS.dispatch, ...dispatch } });
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

  it('requests under way may end and are settled, the rest is given back, and a restart loses and repeats nothing', async () => {
    const first = await start();
    receiver.hold(15);
    await emit();
    await waitUntil('requests under way', () => receiver.holding > 0);
    const closing = first.close();
    receiver.release();
    await closing;
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

  it('what does not end within the grace time is given back, and another process sends it at once', async () => {
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
