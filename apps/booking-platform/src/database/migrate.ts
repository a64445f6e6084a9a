import type { DataSource } from 'typeorm';

/**
 * The lock's name on MySQL and MariaDB, where it applies to the whole server: a hash keeps it within 64 characters. It must be
 * SHA2, because MySQL 9 has neither MD5 nor SHA1.
 */
const NAME = "CONCAT('migrations-', LEFT(SHA2(DATABASE(), 256), 40))";
const MIGRATED_WITHIN_S = 60;

/** The statements that take and release a lock for one process at a time. On PostgreSQL it applies to one database. */
const LOCKS = {
  mysql: {
    take: `SELECT GET_LOCK(${NAME}, ${MIGRATED_WITHIN_S}) AS taken`,
    free: `SELECT RELEASE_LOCK(${NAME})`,
  },
  postgres: {
    take: "SELECT true AS taken FROM pg_advisory_lock(hashtext('migrations'))",
    free: "SELECT pg_advisory_unlock(hashtext('migrations'))",
  },
};

/** Runs the migrations. If several processes start at once, one runs them and the others wait. */
export async function migrate(dataSource: DataSource): Promise<void> {
  const lock = LOCKS[dataSource.options.type === 'postgres' ? 'postgres' : 'mysql'];
  // The lock belongs to a connection, so one connection keeps it while the migrations run on another.
  const keeper = dataSource.createQueryRunner();
  try {
    const [row] = await keeper.manager.query<{ taken: unknown }[]>(lock.take);
    if (!row?.taken) throw new Error(`Another process has been migrating the database for ${MIGRATED_WITHIN_S} s.`);
    try {
      await dataSource.runMigrations();
    } finally {
      await keeper.query(lock.free);
    }
  } finally {
    await keeper.release();
  }
}
