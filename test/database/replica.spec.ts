import { expect, it } from '@jest/globals';
import { webhookEntities, WEBHOOK_MIGRATIONS } from 'nestjs-octo-webhooks';
import { startDatabase } from '../../apps/booking-platform/src/database/running-database.js';
import { describeOnServers, useTestDatabase } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { useResource } from '../support/resources.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

describeOnServers('With a read replica that never catches up', (kind) => {
  const replica = useTestDatabase(kind);
  useResource('group', async () => {
    const schema = (type: 'mysql' | 'mariadb' | 'postgres') => ({
      entities: webhookEntities(type),
      migrations: WEBHOOK_MIGRATIONS,
    });
    await (await startDatabase(replica.url, schema)).stop();
    return () => Promise.resolve();
  });
  const receiver = useReceiver();
  const database = useTestDatabase(kind);
  const host = useTestHost(
    database,
    {},
    {
      dataSourceOptions: (options) =>
        Object.assign(options, {
          replication: { master: { url: database.url }, slaves: [{ url: replica.url }], defaultMode: 'slave' },
        }),
    },
  );

  it('every change arrives, with the diff to the one before', async () => {
    await host.subscribe({ url: receiver.url() });
    await host.emitter.emit(bookingChange('booking-1', null, 'ON_HOLD'));
    await receiver.received(1);
    const { before: _, ...confirmed } = bookingChange('booking-1', null, 'CONFIRMED');
    await host.emitter.emit(confirmed);
    const [first, second] = await receiver.received(2);
    expect(first?.body.diff).toEqual([]);
    expect(second?.body.diff).toEqual([{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }]);
  });

  it('a partner finds its webhooks at once', async () => {
    const { id } = await host.subscribe({ url: receiver.url('/second') });
    expect((await host.webhooks.get(CONNECTIONS.a, id)).url).toBe(receiver.url('/second'));
    expect((await host.webhooks.list(CONNECTIONS.a)).map((webhook) => webhook.id)).toContain(id);
  });
});
