import { expect, it } from '@jest/globals';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

describeOnDatabases(
  'A data source of the type mysql',
  (kind) => {
    const database = useTestDatabase(kind);
    const receiver = useReceiver();
    const host = useTestHost({
      get url() {
        return database.url.replace('mariadb:', 'mysql:');
      },
    });

    it('serves the library as well as one of the type mariadb, which the other tests have', async () => {
      expect(database.url).toMatch(/^mariadb:/);
      expect(host.dataSource.options.type).toBe('mysql');
      await host.subscribe({ url: receiver.url() });
      await host.dataSource.transaction(async (manager) => {
        await host.emitter.emit(bookingChange('b-1', null, 'ON_HOLD'), { manager });
        await host.emitter.emit(bookingChange('b-1', 'ON_HOLD', 'CONFIRMED'), { manager });
      });
      const requests = await receiver.received(2);
      expect(requests.map(({ body }) => body.booking?.['status'])).toEqual(['ON_HOLD', 'CONFIRMED']);
    });
  },
  ['MariaDB'],
);
