import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { WebhookDelivery } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { DeliveryClaims } from '../../libs/webhooks/src/deliveries/claim.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { bookingChange, startTestHost, type RunningHost } from '../support/test-host.js';

describeOnDatabases(
  'Fan-out',
  (kind) => {
    let database: TestDatabase;
    let host: RunningHost;

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      host = await startTestHost(database.url, { dispatch: { enabled: false } });
    });
    afterAll(async () => {
      await host.close();
      await database.drop();
    });

    const change = async (booking: string, status: string): Promise<void> => {
      await host.emitter.emit(bookingChange(booking, null, status));
      await host.app.get(FanOut).run();
    };

    // If it searched by due time, a retry could move a delivery past the search, and a later change could overtake it.
    it('looks for the pending deliveries of a booking without touching those of others', async () => {
      const webhook = await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      for (const booking of ['b-1', 'b-2', 'b-3']) await change(booking, 'ON_HOLD');
      await host.app.get(DeliveryClaims).claim(new Map([[webhook.id, 1]]));
      const deliveries = host.dataSource.getRepository(WebhookDelivery);
      const others = await deliveries.findBy([
        { resourceKey: 'booking_update\tb-2' },
        { resourceKey: 'booking_update\tb-3' },
      ]);
      await host.dataSource.transaction(async (manager) => {
        for (const { id } of others) {
          await manager.findOneOrFail(WebhookDelivery, { where: { id }, lock: { mode: 'pessimistic_write' } });
        }
        await change('b-1', 'CONFIRMED');
      });
      const lane = await deliveries.find({
        where: { resourceKey: 'booking_update\tb-1' },
        order: { eventSequence: 1 },
      });
      expect(lane).toMatchObject([
        { leaseToken: expect.not.stringContaining(NO_LEASE) },
        { leaseToken: NO_LEASE, dueAt: null },
      ]);
    });
  },
  ['MariaDB', 'PostgreSQL'],
);
