import { afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { attemptOf, DAY_MS, MaintainedHost } from './maintained-host.js';

const RETENTION = { settledMs: 30 * DAY_MS };
const OLD_MS = 31 * DAY_MS;

describeOnDatabases(
  'Sweeps beside other work',
  (kind) => {
    const database = useTestDatabase(kind);
    const first = new MaintainedHost(database, RETENTION);
    const second = new MaintainedHost(database, RETENTION);

    beforeAll(() => first.host.subscribe({ url: 'http://127.0.0.1:9/never-called' }));
    beforeEach(() => {
      for (const one of [first, second]) one.clock.advance(DAY_MS);
    });
    afterEach(() => first.clear());

    it('processes that sweep at the same time leave nothing behind', async () => {
      await first.seed(600, OLD_MS);
      const races = await Promise.allSettled([first.maintain(), second.maintain(), first.maintain()]);
      expect(races.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
      // Each skips the rows that the other has locked, until the next sweep.
      first.clock.advance(DAY_MS);
      await first.maintain();
      expect(await first.counts()).toEqual({ events: 600, payloads: 0, deliveries: 0, attempts: 0 });
    });

    it('a sweep neither holds up nor waits for what the host and the dispatcher do meanwhile', async () => {
      await first.seed(300, OLD_MS);
      await first.seed(300, OLD_MS);
      await second.change(bookingChange('before', null, 'ON_HOLD'));
      const { id: deliveryId } = await second.repository(WebhookDelivery).findOneByOrFail({ status: 'pending' });

      // A transaction of the host that has written, and that commits only after the sweep.
      const open = second.host.dataSource.createQueryRunner();
      await open.startTransaction();
      await second.host.emitter.emit(bookingChange('seeded-1', null, 'CONFIRMED'), { manager: open.manager });

      // Whenever the sweep is about to commit, and so holds all of its locks, the test writes at the same time.
      let written = 0;
      const restore = first.beforeEachCommit(async () => {
        written += 1;
        await second.change(bookingChange(`seeded-${written}`, null, 'CONFIRMED'));
        await second.database.insert(second.host.dataSource.manager, WebhookAttempt, [attemptOf(deliveryId)]);
        await second.repository(WebhookDelivery).update({ id: deliveryId }, { attempts: written });
      });
      await first.maintain();
      restore();
      await open.commitTransaction();
      await open.release();

      expect(written).toBeGreaterThan(4);
      expect(await second.repository(WebhookDelivery).countBy({ status: 'delivered' })).toBe(0);
      expect(await second.repository(WebhookDelivery).countBy({ status: 'pending' })).toBe(written + 1);
      expect(await second.repository(WebhookAttempt).countBy({ deliveryId })).toBe(written);
      expect(await second.repository(WebhookEvent).countBy({ status: 'pending' })).toBe(1);
    });

    it('while the deliveries of an inactive webhook are cancelled, work on other deliveries goes on', async () => {
      const url = 'http://127.0.0.1:9/never-called';
      const { id } = await first.host.subscribe({ url });
      const { id: neighbour } = await first.host.subscribe({ url });
      await first.wait(id, 600);
      await first.wait(neighbour, 20);
      await first.host.webhooks.update(CONNECTIONS.a, id, { active: false }, []);
      let written = 0;
      const restore = first.beforeEachCommit(async () => {
        written += 1;
        await second.repository(WebhookDelivery).update({ webhookId: neighbour }, { attempts: written });
        await second.change(bookingChange('meanwhile', null, 'CONFIRMED'));
      });
      await first.maintain();
      restore();
      expect(written).toBeGreaterThan(1);
      expect(await first.repository(WebhookDelivery).countBy({ webhookId: id, status: 'cancelled' })).toBe(600);
    });

    it('a sweep that fails goes on where it was', async () => {
      await first.seed(600, OLD_MS);
      let commits = 0;
      const restore = first.beforeEachCommit(() => {
        commits += 1;
        return commits === 3 ? Promise.reject(new Error('The database is away.')) : Promise.resolve();
      });
      await expect(first.maintain()).rejects.toThrow('The database is away.');
      restore();
      expect(await first.counts()).toEqual({ events: 600, payloads: 600, deliveries: 200, attempts: 200 });
      await first.maintain();
      expect(await first.counts()).toEqual({ events: 600, payloads: 0, deliveries: 0, attempts: 0 });
    });
  },
  SERVER_KINDS,
);
