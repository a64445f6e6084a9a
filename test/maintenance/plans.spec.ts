import { beforeAll, expect, it } from '@jest/globals';
import type { DriverRow } from '../../libs/webhooks/src/database/sql.js';
import { DeliveryCancellations } from '../../libs/webhooks/src/deliveries/cancel.js';
import { DeletedWebhooks } from '../../libs/webhooks/src/maintenance/deleted-webhooks.js';
import { DeliveryRetention } from '../../libs/webhooks/src/maintenance/delivery-retention.js';
import { EventRetention } from '../../libs/webhooks/src/maintenance/event-retention.js';
import { retentionLimits } from '../../libs/webhooks/src/maintenance/table-walk.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { DAY_MS, MaintainedHost } from './maintained-host.js';

const BOOKINGS = 10_000;
/** MySQL and MariaDB name a table in a plan as the statement does. */
const WEBHOOK_ALIAS = 'webhook';

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
        }
      });
      expect(scans.size).toBeGreaterThan(10);
      expect([...scans].filter(([, found]) => found.length > 0)).toEqual([]);
    });
  },
  SERVER_KINDS,
);

/**
 * Explains each statement right before it runs, once for each shape of it, and collects the parts of its plan that read a whole
 * table or index. PostgreSQL must avoid scans here: for a table as small as this one it would prefer them.
 */
async function scansDuring(
  { database, steps }: MaintainedHost,
  isPostgres: boolean,
  work: () => Promise<void>,
): Promise<ReadonlyMap<string, readonly unknown[]>> {
  const scans = new Map<string, readonly unknown[]>();
  const explainer = database.dataSource.createQueryRunner();
  if (isPostgres) await explainer.query('SET enable_seqscan = off');
  steps.onStatement = async (sql, values) => {
    if (sql.startsWith('EXPLAIN')) return;
    const shape = sql.replace(/\(\?[?, ()]*\)/g, '(…)').replace(/\s+/g, ' ');
    if (scans.has(shape)) return;
    const statement = `EXPLAIN ${isPostgres ? '(FORMAT JSON)' : 'FORMAT=TRADITIONAL'} ${sql}`;
    const plan = await database.select(explainer.manager, statement, values, (row) => row);
    scans.set(shape, isPostgres ? postgresScans(plan) : mysqlScans(plan));
  };
  await work();
  if (isPostgres) await explainer.query('RESET enable_seqscan');
  await explainer.release();
  steps.onStatement = null;
  return scans;
}

function mysqlScans(plan: readonly DriverRow[]): readonly unknown[] {
  return plan
    .filter(({ table, type }) => table !== WEBHOOK_ALIAS && (type === 'ALL' || type === 'index'))
    .map(({ table, type, key }) => ({ table, type, key }));
}

interface PostgresNode {
  readonly 'Node Type': string;
  readonly 'Relation Name'?: string;
  readonly 'Index Cond'?: string;
  readonly Plans?: readonly PostgresNode[];
}

function postgresScans([plan]: readonly DriverRow[]): readonly unknown[] {
  const nodes = (node: PostgresNode): PostgresNode[] => [node, ...(node.Plans ?? []).flatMap(nodes)];
  const [{ Plan: root }] = plan?.['QUERY PLAN'] as [{ Plan: PostgresNode }];
  return nodes(root)
    .filter((node) => node['Relation Name'] !== 'octo_webhook')
    .filter((node) => node['Node Type'] === 'Seq Scan' || (isIndexScan(node) && node['Index Cond'] === undefined))
    .map((node) => [node['Node Type'], node['Relation Name']]);
}

function isIndexScan(node: PostgresNode): boolean {
  return node['Node Type'].includes('Index');
}
