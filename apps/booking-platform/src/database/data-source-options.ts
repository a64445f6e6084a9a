import type { DataSourceOptions, EntitySchema, MigrationInterface } from 'typeorm';

/** The entities and migrations of the platform and of the libraries it uses. */
export interface DatabaseSchema {
  readonly entities: (EntitySchema | (new () => object))[];
  readonly migrations: (new () => MigrationInterface)[];
}

const POOL_SIZE = 10;

/** The options of every kind of database. Only migrations create tables. */
function common(schema: DatabaseSchema) {
  return {
    entities: schema.entities,
    migrations: schema.migrations,
    synchronize: false,
    poolSize: POOL_SIZE,
    // MySQL's default, REPEATABLE READ, locks the gaps between rows, so two bookings made at once would deadlock.
    isolationLevel: 'READ COMMITTED',
  } as const;
}

/** Options for a database server. */
export function serverOptions(
  type: 'mysql' | 'mariadb' | 'postgres',
  url: string,
  schema: DatabaseSchema,
): DataSourceOptions {
  if (type === 'postgres') return { type, url, ...common(schema) };
  return { type, url, charset: 'utf8mb4', timezone: 'Z', ...common(schema) };
}

/** Options for PostgreSQL on a Unix socket, which PGlite serves without a password. */
export function socketOptions(socketDirectory: string, schema: DatabaseSchema): DataSourceOptions {
  return { type: 'postgres', host: socketDirectory, username: 'postgres', database: 'postgres', ...common(schema) };
}
