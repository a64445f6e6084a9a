import type { DataSource } from 'typeorm';

/** The statements that take and release a lock for one process at a time. The lock's name applies to one database. */
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

/** Runs the migrations. If several processes start at once, one runs them and the others wait. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const lock = LOCKS[dataSource.options.type === 'postgres' ? 'postgres' : 'mysql'];
  // The lock belongs to a connection, so one connection keeps it while the migrations run on another.
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
