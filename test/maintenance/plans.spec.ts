import { beforeAll, expect, it } from '@jest/globals';
import { DeliveryCancellations } from '../../libs/webhooks/src/deliveries/cancel.js';
import { DeliveryBounds } from '../../libs/webhooks/src/maintenance/delivery-bounds.js';
import { DeletedWebhooks } from '../../libs/webhooks/src/maintenance/deleted-webhooks.js';
import { DeliveryRetention } from '../../libs/webhooks/src/maintenance/delivery-retention.js';
import { EventRetention } from '../../libs/webhooks/src/maintenance/event-retention.js';
import { retentionLimits } from '../../libs/webhooks/src/maintenance/table-walk.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { scansDuring } from '../support/statement-plans.js';
import { DAY_MS, MaintainedHost } from './maintained-host.js';

const BOOKINGS = 10_000;

describeOnDatabases(
  'Maintenance of 20,000 deliveries',
  (kind) => {
    const maintained = new MaintainedHost(kind);

    beforeAll(async () => {
      await maintained.seed(BOOKINGS / 2, 60 * DAY_MS);
      await maintained.seed(BOOKINGS / 2, 31 * DAY_MS);
      const { id } = await maintained.host.subscribe({ url: 'http://127.0.0.1:9/', active: false });
      await maintained.wait(id, 1000);
      for (const table of [
        'octo_webhook_event',
        'octo_webhook_payload',
        'octo_webhook_delivery',
        'octo_webhook_attempt',
      ]) {
        await maintained.host.dataSource.query(kind === 'PostgreSQL' ? `ANALYZE ${table}` : `ANALYZE TABLE ${table}`);
      }
    });

    it('maintenance goes by indexes and scans no table but that of the webhooks', async () => {
      const { app } = maintained.host;
      const limits = retentionLimits({ settledMs: 30 * DAY_MS, deadMs: null, sweepMs: 1 }, maintained.now);
      const scans = await scansDuring(maintained, kind === 'PostgreSQL', async () => {
        for (let page = 0; page < 2; page += 1) {
          await app.get(DeliveryCancellations).run();
          await app.get(DeliveryRetention).page(limits);
          await app.get(EventRetention).page(limits);
          await app.get(DeletedWebhooks).page();
          await app.get(DeliveryBounds).page();
        }
      });
      expect(scans.size).toBeGreaterThan(10);
      expect([...scans].filter(([, found]) => found.length > 0)).toEqual([]);
    });
  },
  SERVER_KINDS,
);
