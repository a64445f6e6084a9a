import { beforeEach, expect, it } from '@jest/globals';
import {
  WebhookAttempt,
  WebhookDelivery,
  type JsonObject,
  type ResourceSnapshot,
  type Webhook,
  type WebhookView,
} from 'nestjs-octo-webhooks';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';
import { TestLog } from '../support/test-log.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';
import { LOCAL_REQUESTS } from '../support/local-requests.js';

const HANGING = new Promise<JsonObject>(() => undefined);

/** Which answers of the host's port never come, and for which bookings one was asked for. */
const host: { hangs: 'nothing' | 'octo/content' | 'supplier'; asked: string[] } = { hangs: 'nothing', asked: [] };

class HangingHost extends TestWebhooksHost {
  override supplier(id: string): Promise<JsonObject> {
    if (host.hangs !== 'supplier') return super.supplier(id);
    host.asked.push(id);
    return HANGING;
  }

  override serialize(resource: ResourceSnapshot, { capabilities }: WebhookView): Promise<JsonObject> {
    if (!capabilities.includes(host.hangs)) return Promise.resolve(resource.state);
    host.asked.push(resource.resourceId);
    return HANGING;
  }
}

const tests = (kind: DatabaseKind): void => {
  const receiver = useReceiver();
  // An answer of the host may take 250 ms.
  const options = {
    dispatch: { leaseMs: 2000 },
    request: { ...LOCAL_REQUESTS, timeoutMs: 1000 },
    retry: { delaysMs: [50], jitter: 0 },
  };
  const hosts = useTestHosts(kind, options, { logger: new TestLog(), extras: { host: HangingHost } });

  beforeEach(() => {
    Object.assign(host, { hangs: 'nothing', asked: [] });
  });

  const subscribe = (path: string, capabilities: string[]): Promise<Webhook> =>
    hosts.webhooks.create(CONNECTIONS.a, { event: 'booking_update', url: receiver.url(path) }, capabilities);
  const emit = async (...ids: string[]): Promise<void> => {
    for (const id of ids) await hosts.emitter.emit(bookingChange(id, null, 'ON_HOLD'));
  };
  const got = (path: string): unknown[] =>
    receiver.requests
      .filter((request) => request.path === path)
      .map(({ body }) => body.booking?.['uuid'])
      .sort();
  /** Emits bookings and fans them out, without a delivery. */
  const fanOut = async (...ids: string[]): Promise<void> => {
    await emit(...ids);
    await hosts.app.get(FanOut).run();
  };

  it.each<['octo/content' | 'supplier', string]>([
    ['octo/content', 'b-1'],
    ['supplier', CONNECTIONS.a.supplierId],
  ])('holds fan-out up once, not for each event (%s), and all is sent when it answers again', async (hangs, asked) => {
    await hosts.start({ dispatch: { ...options.dispatch, enabled: false } });
    await subscribe('/plain', []);
    await subscribe('/content', ['octo/content']);
    host.hangs = hangs;
    await fanOut('b-1', 'b-2', 'b-3');
    await fanOut('b-4');
    expect(host.asked).toEqual([asked]);

    host.hangs = 'nothing';
    await hosts.restart();
    await receiver.received(8);
    const all = ['b-1', 'b-2', 'b-3', 'b-4'];
    expect([got('/plain'), got('/content')]).toEqual([all, all]);
  });

  it('ends the attempts of its deliveries with the reason', async () => {
    await hosts.start();
    await subscribe('/content', ['octo/content']);
    host.hangs = 'octo/content';
    await emit('b-1');
    const deliveries = hosts.dataSource.getRepository(WebhookDelivery);
    await waitUntil('the end of the delivery', async () => (await deliveries.findOneBy({}))?.status === 'dead');
    const failure = { failure: 'payload', failureMessage: expect.stringContaining('not answered within 250 ms') };
    const attempts = await hosts.dataSource.getRepository(WebhookAttempt).find();
    expect(attempts).toEqual([expect.objectContaining(failure), expect.objectContaining(failure)]);
  });
};

describeOnDatabases('A view for which the host never answers', tests, SERVER_KINDS);
