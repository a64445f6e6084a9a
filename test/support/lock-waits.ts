import type { DataSource } from 'typeorm';
import { waitUntil } from './wait-until.js';

/** Waits until a statement on this database waits for rows that another one has locked, or until something else has happened. */
export async function untilLockWait(dataSource: DataSource, orElse: Promise<unknown>): Promise<void> {
  let happened = false;
  const end = (): void => void (happened = true);
  orElse.then(end, end);
  const isWaiting = dataSource.options.type === 'postgres' ? isWaitingInPostgres : isWaitingInInnoDb;
  await waitUntil('a lock to be waited for', async () => happened || (await isWaiting(dataSource)));
}

async function isWaitingInPostgres(dataSource: DataSource): Promise<boolean> {
  const waiting = await dataSource.query<unknown[]>(
    "SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()",
  );
  return waiting.length > 0;
}

/** The table INNODB_TRX would not do: it is read anew only when nobody on the server has read it for a tenth of a second. */
async function isWaitingInInnoDb(dataSource: DataSource): Promise<boolean> {
  const [engine] = await dataSource.query<{ Status: string }[]>('SHOW ENGINE INNODB STATUS');
  const waiting = [...(engine?.Status ?? '').matchAll(/^LOCK WAIT [^-]*? thread id (\d+)/gm)].map(([, id]) =>
    Number(id),
  );
  const own = await dataSource.query<{ id: number | string }[]>(
    'SELECT ID AS id FROM information_schema.PROCESSLIST WHERE DB = DATABASE()',
  );
  return own.some(({ id }) => waiting.includes(Number(id)));
}
