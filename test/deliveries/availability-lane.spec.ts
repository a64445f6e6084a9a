import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookEvent, type Webhook } from 'nestjs-octo-webhooks';
import { v7 as uuidv7 } from 'uuid';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import type { ClaimedDelivery } from '../../libs/webhooks/src/deliveries/lease.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import { DeliverySettlements } from '../../libs/webhooks/src/deliveries/settle.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhooksClock } from '../../libs/webhooks/src/host/clock.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { CONNECTIONS, startTestHost, type RunningHost } from '../support/test-host.js';

const LEASE_MS = 60_000;

describeOnServers('The deliveries of one availability', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let webhook: Webhook;
  let now: number;

  beforeAll(async () => {
    database = await createTestDatabase(kind);
    // Nothing runs by itself.
    host = await startTestHost(database.url, { dispatch: { enabled: false, leaseMs: LEASE_MS } });
    host.app.get(WebhooksClock).now = () => now;
  });
  afterAll(async () => {
    await host.close();
    await database.drop();
  });
  beforeEach(async () => {
    now = Date.now();
    webhook = await host.subscribe({ event: 'availability_update', url: 'http://127.0.0.1:9/never-called' });
  });
  afterEach(() => host.webhooks.delete(CONNECTIONS.a, webhook.id));

  /** A change as it comes, or as a partner triggers it, fanned out. */
  const change = async (triggered = false): Promise<void> => {
    const resource = { supplierId: 'supplier-1', productId: 'product', optionId: 'option', availabilityId: 'slot' };
    await host.emitter.emit({ event: 'availability_update', ...resource, after: { id: 'slot' } });
    const trigger = { triggerRequestId: uuidv7(), triggerWebhookId: webhook.id };
    if (triggered) await host.dataSource.getRepository(WebhookEvent).update({ status: 'pending' }, trigger);
    await host.app.get(FanOut).run();
  };
  const claim = async (): Promise<readonly ClaimedDelivery[]> =>
    (await host.app.get(DeliveryClaims).claim(new Map([[webhook.id, 3]]))).deliveries;
  const postpone = (deliveries: readonly ClaimedDelivery[], dueAt: number) =>
    host.app
      .get(DeliverySettlements)
      .settle(deliveries.map((delivery) => ({ delivery, next: { status: 'pending', dueAt }, attempt: null })));
  const stored = () =>
    host.dataSource
      .getRepository(WebhookDelivery)
      .find({ where: { webhookId: webhook.id }, order: { eventSequence: 1 } });

  it('give way to the newest when one has to be tried again: it is due when that was to be', async () => {
    await change();
    const claimed = await claim();
    await change();
    const dueAt = now + 5000;
    await postpone(claimed, dueAt);
    expect(await stored()).toMatchObject([{ status: 'superseded' }, { status: 'pending', dueAt: new Date(dueAt) }]);
  });

  it('stay as they are when a lease was lost: who has it now sends the older, and the newer waits for it', async () => {
    await change();
    const lost = await claim();
    now += LEASE_MS + 1;
    const [holder] = await claim();
    await change();
    await postpone(lost, now);
    expect(await stored()).toMatchObject([
      { status: 'pending', leaseToken: holder?.leaseToken, dueAt: new Date(holder?.leaseEndsAt ?? 0) },
      { status: 'pending', leaseToken: NO_LEASE, dueAt: null },
    ]);
  });

  it('all stay, in their order, where a partner has asked for one, also when one has to be tried again', async () => {
    await change();
    await change(true);
    await change();
    const first = await claim();
    expect(first).toHaveLength(1);
    await postpone(first, now);
    expect((await stored()).map(({ status }) => status)).toEqual(['pending', 'pending', 'pending']);
    expect((await claim()).map(({ id }) => id)).toEqual(first.map(({ id }) => id));
  });
});
