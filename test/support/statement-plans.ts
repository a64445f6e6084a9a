import type { DriverRow } from '../../libs/webhooks/src/database/sql.js';
import type { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import type { DatabaseSteps } from './watched-database.js';

/** MySQL and MariaDB name a table in a plan as the statement does. */
const WEBHOOK_ALIAS = 'webhook';

/**
 * Explains each statement right before it runs, once for each shape of it, and collects the parts of its plan that read a whole
 * table or index. PostgreSQL must avoid scans here: for a table as small as this one it would prefer them.
 */
export async function scansDuring(
  { database, steps }: { readonly database: WebhooksDatabase; readonly steps: DatabaseSteps },
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
