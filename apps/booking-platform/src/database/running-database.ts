import { DataSource, type DataSourceOptions } from 'typeorm';
import { parseDatabaseUrl, type DatabaseTarget } from './database-url.js';
import { serverOptions, socketOptions, type DatabaseSchema } from './data-source-options.js';
import { EmbeddedPostgres } from './embedded-postgres.js';
import { migrate } from './migrate.js';

/** A running database with its tables, and the connection to it. */
export interface RunningDatabase {
  readonly dataSource: DataSource;
  /** Closes the connections, and the database itself if it is embedded. */
  stop(): Promise<void>;
}

/**
 * Connects to a database server, or starts the embedded database, and creates the tables.
 *
 * @param url the value of `DATABASE_URL`
 * @param schemaOf the tables, which depend on the kind of database
 */
export async function startDatabase(
  url: string,
  schemaOf: (type: 'mysql' | 'mariadb' | 'postgres') => DatabaseSchema,
): Promise<RunningDatabase> {
  const { options, stopServer } = await locate(parseDatabaseUrl(url), schemaOf);
  const dataSource = new DataSource(options);
  const stop = async (): Promise<void> => {
    try {
      if (dataSource.isInitialized) await dataSource.destroy();
    } finally {
      await stopServer();
    }
  };
  try {
    await dataSource.initialize();
    await migrate(dataSource);
  } catch (error) {
    await stop();
    throw error;
  }
  return { dataSource, stop };
}

async function locate(
  target: DatabaseTarget,
  schemaOf: (type: 'mysql' | 'mariadb' | 'postgres') => DatabaseSchema,
): Promise<{ options: DataSourceOptions; stopServer: () => Promise<void> }> {
  if (target.kind === 'server') {
    const options = serverOptions(target.type, target.url, schemaOf(target.type));
    return { options, stopServer: () => Promise.resolve() };
  }
  const embedded = await EmbeddedPostgres.start(target.directory);
  const options = socketOptions(embedded.socketDirectory, schemaOf('postgres'));
  return { options, stopServer: () => embedded.stop() };
}
