import type { DataSource, QueryRunner } from 'typeorm';
import type { FaultPoint } from './fault-point.js';
import type { FaultPoints } from './fault-points.js';
import type { RequestsInFlight } from './requests-in-flight.js';

/** The stage of a transaction, recognized by the tables that it writes, however the statement is worded. */
type Stage = 'claim' | 'settling' | 'fan-out' | 'emission';

const INSERTS: readonly (readonly [RegExp, Stage])[] = [
  [/INSERT INTO \S*octo_webhook_attempt\b/i, 'settling'],
  [/INSERT INTO \S*octo_webhook_delivery\b/i, 'fan-out'],
  [/INSERT INTO \S*octo_webhook_event\b/i, 'emission'],
];

/** The fault point after the statement of a stage, while its transaction is still open. */
const IN_THE_MIDDLE: Partial<Record<Stage, FaultPoint>> = {
  settling: 'in the middle of the settling',
  'fan-out': 'in the middle of the fan-out',
  emission: "in the middle of the host's transaction",
};

/** Watches all statements of a data source, for the fault points in transactions and for what is settled. */
export function watchStatements(dataSource: DataSource, points: FaultPoints, inFlight: RequestsInFlight): void {
  const create = dataSource.createQueryRunner.bind(dataSource);
  dataSource.createQueryRunner = (mode) => {
    const queryRunner = create(mode);
    watch(queryRunner, points, inFlight);
    return queryRunner;
  };
}

function watch(queryRunner: QueryRunner, points: FaultPoints, inFlight: RequestsInFlight): void {
  const original = queryRunner.query.bind(queryRunner) as (...args: unknown[]) => Promise<unknown>;
  let claims = false;
  let settles: readonly string[] = [];

  const query = async (sql: string, ...rest: unknown[]): Promise<unknown> => {
    const stage = stageOf(sql);
    const [values] = rest;
    if (sql.startsWith('START TRANSACTION')) [claims, settles] = [false, []];
    if (stage === 'claim') claims = true;
    // Fan-out leases the deliveries that its own process can send at once.
    if (stage === 'claim' || stage === 'fan-out') inFlight.claiming(values);
    if (stage === 'settling') settles = [...settles, ...inFlight.namedIn(values)];
    // Outside of a transaction each statement commits on its own.
    const commits = sql === 'COMMIT' || !queryRunner.isTransactionActive;
    if (commits && claims) points.pass('before the claim commits');
    const result = await original(sql, ...rest);
    const point = stage === null ? undefined : IN_THE_MIDDLE[stage];
    if (point !== undefined) points.pass(point);
    if (commits) {
      inFlight.settled(settles);
      [claims, settles] = [false, []];
    }
    return result;
  };
  queryRunner.query = query as typeof queryRunner.query;
}

function stageOf(sql: string): Stage | null {
  const plain = sql.replaceAll(/[`"]/g, '').replaceAll(/\s+/g, ' ');
  const insert = INSERTS.find(([pattern]) => pattern.test(plain));
  if (insert !== undefined) return insert[1];
  return isClaim(plain) ? 'claim' : null;
}

/** A claim sets a lease token; a settlement sets the nil UUID. */
function isClaim(sql: string): boolean {
  const [, assignments] = /\bUPDATE \S*octo_webhook_delivery\b.*? SET (.*?)(?: WHERE | FROM |$)/i.exec(sql) ?? [];
  return assignments !== undefined && /lease_token = [?$]/i.test(assignments);
}
