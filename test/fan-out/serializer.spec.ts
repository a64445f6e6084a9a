import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { WebhookEvent, type JsonObject, type ResourceSnapshot, type WebhookView } from 'nestjs-octo-webhooks';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, TestWebhooksHost } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const SLOW_MS = 60;
const LEASE_MS = 600;

class SlowHost extends TestWebhooksHost {
  override async serialize(resource: ResourceSnapshot, view: WebhookView): Promise<JsonObject> {
    await sleep(SLOW_MS);
    return super.serialize(resource, view);
  }
}

/** Never serializes one booking, and fails for another on the first try only. */
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
  const receiver = useReceiver();
  const host = useTestHosts(kind);

  it('when it is so slow that a batch of events would outlive its lease, all events are fanned out once', async () => {
    const options = {
      dispatch: { pollMs: 50, leaseMs: LEASE_MS },
      request: { allowPrivateAddresses: true, timeoutMs: LEASE_MS / 2 },
    };
    await host.start(options, { extras: { host: SlowHost } });
    await host.subscribe({ url: receiver.url() });
    const { emitter } = host;
    const uuids = Array.from({ length: (2 * LEASE_MS) / SLOW_MS }, (_, index) => `b-${index}`);
    await host.dataSource.transaction(async (manager) => {
      for (const uuid of uuids) await emitter.emit(bookingChange(uuid, null, 'ON_HOLD'), { manager });
    });
    await receiver.received(uuids.length);
    expect(receiver.requests.map(({ body }) => body.booking?.['uuid']).sort()).toEqual(uuids.sort());
  });

  it('when it fails, the event keeps the reason and is tried again, and other bookings do not wait', async () => {
    await host.start({}, { extras: { host: FailingHost } });
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
