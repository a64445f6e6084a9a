import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import type { JsonObject, ResourceSnapshot, WebhookView } from 'nestjs-octo-webhooks';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange, TestWebhooksHost } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { LOCAL_REQUESTS } from '../support/local-requests.js';

const SLOW_MS = 100;
const LEASE_MS = 2400;

class SlowHost extends TestWebhooksHost {
  override async serialize(resource: ResourceSnapshot, view: WebhookView): Promise<JsonObject> {
    await sleep(SLOW_MS);
    return super.serialize(resource, view);
  }
}

describeOnDatabases("A host's serializer", (kind) => {
  const receiver = useReceiver();
  const host = useTestHosts(kind);

  it('that is so slow that a batch of events would outlive its lease has all events fanned out once', async () => {
    const options = {
      dispatch: { pollMs: 50, leaseMs: LEASE_MS },
      request: { ...LOCAL_REQUESTS, timeoutMs: LEASE_MS / 2 },
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
});
