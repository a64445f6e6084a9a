import type { DataSource } from 'typeorm';

/** How each kind of database lets one process through at a time; the lock's name is good for one database. */
const LOCKS = {
  mysql: {
    take: "SELECT GET_LOCK(CONCAT('migrations-', MD5(DATABASE())), 60)",
    free: "SELECT RELEASE_LOCK(CONCAT('migrations-', MD5(DATABASE())))",
  },
  postgres: {
    take: "SELECT pg_advisory_lock(hashtext('migrations'))",
    free: "SELECT pg_advisory_unlock(hashtext('migrations'))",
  },
};

/** Brings the tables up to date. Of several processes that start at once, one does it and the others wait. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const lock = LOCKS[dataSource.options.type === 'postgres' ? 'postgres' : 'mysql'];
  // The lock belongs to a connection, so one is kept for it while the migrations run on another.
  const keeper = dataSource.createQueryRunner();
  try {
    await keeper.query(lock.take);
    try {
      await dataSource.runMigrations();
    } finally {
      await keeper.query(lock.free);
    }
  } finally {
    await keeper.release();
  }
}
