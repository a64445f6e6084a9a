import type { DataSource } from 'typeorm';
import { waitUntil } from './wait-until.js';

const OF_MYSQL = `SELECT 1 FROM information_schema.INNODB_TRX waiting
  JOIN information_schema.PROCESSLIST process ON process.ID = waiting.trx_mysql_thread_id
 WHERE waiting.trx_state = 'LOCK WAIT' AND process.DB = DATABASE()`;
const OF_POSTGRES = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;

/** Waits until a statement on this database waits for rows that another one has locked, or until something else has happened. */
export async function untilLockWait(dataSource: DataSource, orElse: Promise<unknown>): Promise<void> {
  let happened = false;
  const end = (): void => void (happened = true);
  orElse.then(end, end);
  const statement = dataSource.options.type === 'postgres' ? OF_POSTGRES : OF_MYSQL;
  await waitUntil(
    'a lock to be waited for',
    async () => happened || (await dataSource.query<unknown[]>(statement)).length > 0,
  );
}
