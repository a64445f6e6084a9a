import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { WebhookEvent, type JsonObject, type ResourceSnapshot, type WebhookView } from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { Receiver } from '../support/receiver.js';
import { bookingChange, startTestHost, TestWebhooksHost, type RunningHost } from '../support/test-host.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 60;
const LEASE_MS = 600;

class SlowHost extends TestWebhooksHost {
  override async serialize(resource: ResourceSnapshot, view: WebhookView): Promise<JsonObject> {
    await sleep(SLOW_MS);
    return super.serialize(resource, view);
  }
}

/** Cannot serialize one booking, and only on its first try another. */
class FailingHost extends TestWebhooksHost {
  private failed = false;

  override async serialize(resource: ResourceSnapshot, view: WebhookView): Promise<JsonObject> {
    if (resource.resourceId === 'poison') throw new Error('This booking has no product.');
    if (resource.resourceId === 'unlucky' && !this.failed) {
      this.failed = true;
      throw new Error('The catalogue is away.');
    }
    return super.serialize(resource, view);
  }
}

describeOnDatabases("The host's serializer", (kind) => {
  let database: TestDatabase;
  let host: RunningHost | undefined;
  let receiver: Receiver;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    receiver = await Receiver.listen();
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await host?.close();
    await receiver.close();
    await database.drop();
  });

  it('may be so slow that a batch of events would outlive its lease: all are fanned out, once', async () => {
    const options = {
      dispatch: { pollMs: 50, leaseMs: LEASE_MS },
      request: { allowPrivateAddresses: true, timeoutMs: LEASE_MS / 2 },
    };
    host = await startTestHost(database.url, options, SlowHost);
    await host.subscribe({ url: receiver.url() });
    const { emitter } = host;
    const uuids = Array.from({ length: (2 * LEASE_MS) / SLOW_MS }, (_, index) => `b-${index}`);
    await host.dataSource.transaction(async (manager) => {
      for (const uuid of uuids) await emitter.emit(bookingChange(uuid, null, 'ON_HOLD'), { manager });
    });
    await receiver.received(uuids.length);
    expect(receiver.requests.map(({ body }) => body.booking?.['uuid']).sort()).toEqual(uuids.sort());
  });

  it('may fail: the event waits and is tried again, with the reason on it, while other bookings flow', async () => {
    host = await startTestHost(database.url, {}, FailingHost);
    await host.subscribe({ url: receiver.url() });
    for (const uuid of ['poison', 'unlucky', 'fine']) await host.emitter.emit(bookingChange(uuid, null, 'ON_HOLD'));
    await receiver.received(2);
    expect(receiver.requests.map(({ body }) => body.booking?.['uuid'])).toEqual(['fine', 'unlucky']);

    const events = host.dataSource.getRepository(WebhookEvent);
    await waitUntil('a second failure', async () => (await events.findOneBy({ resourceId: 'poison' }))?.failures === 2);
    const [poison] = await events.findBy({ resourceId: 'poison' });
    expect(poison).toMatchObject({ status: 'pending', failureReason: 'This booking has no product.' });
  });
});
