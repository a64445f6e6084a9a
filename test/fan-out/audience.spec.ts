import { beforeAll, expect, it } from '@jest/globals';
import { WebhookDelivery, type Webhook, type WebhookChange } from 'nestjs-octo-webhooks';
import { Audience } from '../../libs/webhooks/src/fan-out/audience.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhookConnection } from '../../libs/webhooks/src/subscriptions/webhook.entity.js';
import { describeOnDatabases } from '../support/each-database.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

const [A, B, Z] = [CONNECTIONS.a.id, CONNECTIONS.b.id, CONNECTIONS.z.id];

describeOnDatabases('The audience of an event', (kind) => {
  const steps = new DatabaseSteps();
  const host = useTestHost(kind, { dispatch: { enabled: false } }, { overrides: [watchedDatabase(steps)] });
  let webhooks: Record<'a' | 'b' | 'both' | 'z' | 'productsOfA' | 'productsOfB' | 'inactive', Webhook>;

  beforeAll(async () => {
    const url = 'http://127.0.0.1:9/never-called';
    webhooks = {
      a: await host.subscribe({ url }),
      b: await host.subscribe({ url }, CONNECTIONS.b),
      both: await host.subscribe({ url }),
      z: await host.subscribe({ url }, CONNECTIONS.z),
      productsOfA: await host.subscribe({ url, event: 'product_update' }),
      productsOfB: await host.subscribe({ url, event: 'product_update' }, CONNECTIONS.b),
      inactive: await host.subscribe({ url, active: false }),
    };
    await host.dataSource.getRepository(WebhookConnection).insert({ webhookId: webhooks.both.id, connectionId: B });
  });

  const booking = (
    resourceId: string,
    connectionIds: [string, ...string[]],
    supplierId = 'supplier-1',
  ): WebhookChange => ({
    ...bookingChange(resourceId, null, 'ON_HOLD'),
    connectionIds,
    supplierId,
  });
  const product = (resourceId: string, connectionIds?: [string, ...string[]]): WebhookChange => ({
    event: 'product_update',
    supplierId: 'supplier-1',
    resourceId,
    before: null,
    after: { id: resourceId },
    ...(connectionIds === undefined ? {} : { connectionIds }),
  });

  it('events of a batch are looked up together, and each has its own audience', async () => {
    await host.dataSource.transaction(async (manager) => {
      for (const change of [
        booking('of-a', [A]),
        booking('of-b', [B]),
        booking('of-a-and-b', [A, B]),
        booking('of-z', [Z], 'supplier-2'),
        booking('of-nobody', ['connection-of-nobody']),
        // A connection of another supplier gets nothing, though the event names it.
        booking('of-a-for-another-supplier', [A, Z], 'supplier-2'),
        product('for-a', [A]),
        product('for-all'),
      ]) {
        await host.emitter.emit(change, { manager });
      }
    });
    expect(await host.app.get(FanOut).run()).toBe(8);

    const names = new Map(Object.entries(webhooks).map(([name, { id }]) => [id, name]));
    const told: Record<string, string[]> = {};
    for (const { resourceKey, webhookId } of await host.dataSource.getRepository(WebhookDelivery).find()) {
      const [, resourceId = ''] = resourceKey.split('\t');
      (told[resourceId] ??= []).push(names.get(webhookId) ?? webhookId);
    }
    for (const list of Object.values(told)) list.sort();
    expect(told).toEqual({
      'of-a': ['a', 'both'],
      'of-b': ['b', 'both'],
      'of-a-and-b': ['a', 'b', 'both'],
      'of-z': ['z'],
      'of-a-for-another-supplier': ['z'],
      'for-a': ['productsOfA'],
      'for-all': ['productsOfA', 'productsOfB'],
    });
  });

  it('all bookings of a supplier take one query, and one that failed is asked again', async () => {
    const event = (connectionId: string) => ({
      type: 'booking_update' as const,
      supplierId: 'supplier-1',
      connectionIds: [connectionId],
      triggerWebhookId: null,
    });
    const [ofA, ofB] = [event(A), event(B)] as const;
    let queries = 0;
    const stop = steps.each('beforeReading', () => {
      queries += 1;
      return queries === 1 ? Promise.reject(new Error('The database is away.')) : Promise.resolve();
    });
    const audienceOf = host.app.get(Audience).ofBatch([ofA, ofB]);
    await expect(audienceOf(ofA)).rejects.toThrow('The database is away.');
    expect(sortedIds(await audienceOf(ofA))).toEqual(sortedIds([webhooks.a, webhooks.both]));
    expect(sortedIds(await audienceOf(ofB))).toEqual(sortedIds([webhooks.b, webhooks.both]));
    expect(queries).toBe(2);
    stop();
  });

  it('an event that a partner has triggered goes to no other webhook, and to none that is inactive', async () => {
    const found = async (triggerWebhookId: string) => {
      const event = { type: 'booking_update' as const, supplierId: 'supplier-1', connectionIds: [A], triggerWebhookId };
      return sortedIds(await host.app.get(Audience).ofBatch([event])(event));
    };
    expect(await found(webhooks.both.id)).toEqual([webhooks.both.id]);
    for (const { id } of [webhooks.inactive, webhooks.b, webhooks.z, webhooks.productsOfA]) {
      expect(await found(id)).toEqual([]);
    }
  });

  it('an event may name more connections than a statement takes', async () => {
    const connectionIds = [...Array.from({ length: 70_000 }, (_, index) => `connection-${index}`), B];
    const event = { type: 'booking_update' as const, supplierId: 'supplier-1', connectionIds, triggerWebhookId: null };
    const found = await host.app.get(Audience).ofBatch([event])(event);
    expect(sortedIds(found)).toEqual(sortedIds([webhooks.b, webhooks.both]));
  });
});

function sortedIds(webhooks: readonly { readonly id: string }[]): string[] {
  return webhooks.map(({ id }) => id).sort();
}
