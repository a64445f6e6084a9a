import { expect, it } from '@jest/globals';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { scansDuring } from '../support/statement-plans.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

describeOnDatabases(
  'The fan-out of one booking with many pending changes',
  (kind) => {
    const steps = new DatabaseSteps();
    const host = useTestHosts(kind, { dispatch: { enabled: false } }, { overrides: [watchedDatabase(steps)] });

    async function fanOut(booking: string, changes: number): Promise<void> {
      await host.emitter.emitAll(
        Array.from({ length: changes }, (_, index) => {
          const { before: _before, ...change } = bookingChange(booking, null, String(index));
          return change;
        }),
      );
      await fanOutAll(host.app.get(FanOut));
    }

    it('scans no table', async () => {
      await host.start();
      await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      const database = host.app.get(WebhooksDatabase);
      const scans = await scansDuring({ database, steps }, kind === 'PostgreSQL', () => fanOut('booking', 40));
      expect(scans.size).toBeGreaterThan(5);
      expect([...scans].filter(([, found]) => found.length > 0)).toEqual([]);
    });

    if (kind === 'PostgreSQL') return;
    it('reads as many rows for each change, whether there are few or many', async () => {
      // With one connection, its counters are those of all statements.
      await host.start({}, { dataSourceOptions: (options) => Object.assign({}, options, { poolSize: 1 }) });
      await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
      const rowsRead = async (): Promise<number> => {
        const rows = await host.dataSource.query<{ Value: string }[]>("SHOW SESSION STATUS LIKE 'Handler_read%'");
        return rows.reduce((sum, { Value }) => sum + Number(Value), 0);
      };
      const readFor = async (booking: string, changes: number): Promise<number> => {
        const before = await rowsRead();
        await fanOut(booking, changes);
        return (await rowsRead()) - before;
      };
      await fanOut('first', 10);
      const few = await readFor('few', 500);
      const many = await readFor('many', 1500);
      expect(many / few).toBeLessThan(4);
    });
  },
  SERVER_KINDS,
);
