import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from '@jest/globals';
import { WebhookAttempt, WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { bookingChange, CONNECTIONS } from '../support/test-host.js';
import { attemptOf, DAY_MS, MaintainedHost } from './maintained-host.js';

const RETENTION = { settledMs: 30 * DAY_MS };
const OLD_MS = 31 * DAY_MS;

describeOnDatabases(
  'A sweep',
  (kind) => {
    let database: TestDatabase;
    let first: MaintainedHost;
    let second: MaintainedHost;

    beforeAll(async () => {
      database = await createTestDatabase(kind);
      first = await MaintainedHost.start(database.url, RETENTION);
      second = await MaintainedHost.start(database.url, RETENTION);
      await first.host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
    });
    afterAll(async () => {
      await first.close();
      await second.close();
      await database.drop();
    });
    beforeEach(() => {
      for (const one of [first, second]) one.ahead += DAY_MS;
    });
    afterEach(() => first.clear());

    it('leaves nothing behind when another process sweeps at the same time', async () => {
      await first.seed(600, OLD_MS);
      const races = await Promise.allSettled([first.maintain(), second.maintain(), first.maintain()]);
      expect(races.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
      // What the one had locked the other passed over, until the next sweep.
      first.ahead += DAY_MS;
      await first.maintain();
      expect(await first.counts()).toEqual({ events: 600, payloads: 0, deliveries: 0, attempts: 0 });
    });

    it('holds nothing up, and waits for nothing, that the host and the dispatcher do meanwhile', async () => {
      await first.seed(300, OLD_MS);
      await first.seed(300, OLD_MS);
      await second.change(bookingChange('before', null, 'ON_HOLD'));
      const { id: deliveryId } = await second.repository(WebhookDelivery).findOneByOrFail({ status: 'pending' });

      // A transaction of the host's that has written, and is not committed before the sweep is over.
      const open = second.host.dataSource.createQueryRunner();
      await open.startTransaction();
      await second.host.emitter.emit(bookingChange('seeded-1', null, 'CONFIRMED'), { manager: open.manager });

      // Whenever the sweep is about to commit, and so holds all of its locks, somebody writes beside it.
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

    it('of what waits for an inactive webhook holds up nobody who works on other deliveries', async () => {
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

    it('that breaks off goes on where it was', async () => {
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
  ['MariaDB', 'PostgreSQL'],
);
