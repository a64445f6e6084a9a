import { expect, it } from '@jest/globals';
import { startDatabase } from '../../apps/booking-platform/src/database/running-database.js';
import { platformSchema } from '../../apps/booking-platform/src/platform.schema.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';

describeOnDatabases(
  'Processes of the platform that start at the same time',
  (kind) => {
    const database = useTestDatabase(kind);

    it('migrate an empty database once, one after the other', async () => {
      const started = await Promise.all(
        Array.from({ length: 3 }, () => startDatabase(database.url, (type) => platformSchema(type))),
      );
      const [first] = started;
      const migrations = await first?.dataSource.query<unknown[]>('SELECT name FROM migrations');
      expect(migrations).toHaveLength(first?.dataSource.migrations.length ?? NaN);
      for (const one of started) await one.stop();
    });
  },
  SERVER_KINDS,
);
