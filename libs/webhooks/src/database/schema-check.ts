import { Logger } from '@nestjs/common';
import type { EntityManager, EntityMetadata, EntitySchema } from 'typeorm';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { messageOf } from './error-text.js';
import { failedWith } from './query-error.js';
import { MissingWebhookEntitiesError, MissingWebhookTablesError } from './schema.errors.js';
import type { WebhooksDatabase } from './webhooks-database.js';

/** Errors for a table that does not exist: MySQL 1146, PostgreSQL 42P01. */
const NO_TABLE: ReadonlySet<unknown> = new Set([1146, '42P01']);
/** Errors for a column that does not exist: MySQL 1054, PostgreSQL 42703. */
const NO_COLUMN: ReadonlySet<unknown> = new Set([1054, '42703']);

/**
 * Checks that the data source knows the entities, and that the database has their tables with all columns. Without this,
 * what is missing would cause an error only at the first request, or only in the log.
 *
 * A check that fails for another reason, such as a database that is away for a moment, is logged and not an error:
 * everything that needs the database waits for it.
 *
 * @throws MissingWebhookEntitiesError
 * @throws MissingWebhookTablesError
 */
export async function checkSchema(database: WebhooksDatabase, entities: readonly EntitySchema[]): Promise<void> {
  const known: EntityMetadata[] = [];
  const unknown: string[] = [];
  for (const { options } of entities) {
    // By the class: TypeORM itself would take an entity of the host's with the same name for it.
    const metadata = database.dataSource.entityMetadatas.find(({ target }) => target === options.target);
    if (metadata === undefined) unknown.push(options.name);
    else known.push(metadata);
  }
  if (unknown.length > 0) throw new MissingWebhookEntitiesError(unknown);
  const missing = await missingTables(database, known).catch((error: unknown) => {
    new Logger(LOG_CONTEXT).warn(`The tables could not be checked: ${messageOf(error)}`);
    return [];
  });
  if (missing.length > 0) throw new MissingWebhookTablesError(missing);
}

async function missingTables(database: WebhooksDatabase, entities: readonly EntityMetadata[]): Promise<string[]> {
  return database.reading(async (manager) => {
    const missing: string[] = [];
    for (const metadata of entities) {
      const problem = await problemOf(manager, database.table(metadata.target), metadata);
      if (problem !== null) missing.push(problem);
    }
    return missing;
  });
}

/** What a table lacks, or null. The query reads no row. */
async function problemOf(manager: EntityManager, table: string, metadata: EntityMetadata): Promise<string | null> {
  const { driver } = metadata.dataSource;
  const columns = metadata.columns.map(({ databaseName }) => driver.escape(databaseName)).join(', ');
  try {
    await manager.query(`SELECT ${columns} FROM ${table} WHERE 1 = 0`);
    return null;
  } catch (error) {
    if (failedWith(error, NO_TABLE)) return metadata.tablePath;
    if (failedWith(error, NO_COLUMN)) return `${metadata.tablePath} (${error.message})`;
    throw error;
  }
}
