import { WebhooksError } from '../webhooks.errors.js';
import { PREFIX } from '../webhooks.names.js';
import type { WebhookDatabaseType } from './column-types.js';

export function isSupported(databaseType: unknown): databaseType is WebhookDatabaseType {
  return databaseType === 'mysql' || databaseType === 'mariadb' || databaseType === 'postgres';
}

/**
 * The library does not support the host's database. Thrown by `webhookEntities`, and while the host starts.
 */
export class UnsupportedDatabaseError extends WebhooksError {
  /** @param databaseType TypeORM's name of the type of the data source */
  constructor(readonly databaseType: string) {
    super(`${PREFIX}: the data source is of type ${databaseType}; supported are mysql, mariadb and postgres.`);
  }
}

/** The host's data source does not know the library's entities. Thrown while the host starts. */
export class MissingWebhookEntitiesError extends WebhooksError {
  /** @param entities the class names of the entities that are missing */
  constructor(readonly entities: readonly string[]) {
    super(
      `${PREFIX}: the data source does not know ${entities.join(', ')}. ` +
        `Add ...webhookEntities('mysql' | 'mariadb' | 'postgres') to its "entities" and ...WEBHOOK_MIGRATIONS to its "migrations".`,
    );
  }
}

/** The entities were made for another database than that of the data source. Thrown while the data source is initialized. */
export class WrongWebhookEntitiesError extends WebhooksError {
  /**
   * @param database what was passed to `webhookEntities`
   * @param dataSourceType the type of the data source
   */
  constructor(
    readonly database: WebhookDatabaseType,
    readonly dataSourceType: WebhookDatabaseType,
  ) {
    super(
      `${PREFIX}: the data source is of type ${dataSourceType}, but its entities are those of webhookEntities('${database}'). ` +
        `Register those of webhookEntities('${dataSourceType}').`,
    );
  }
}

/** Tables of the library are missing, or are of an older version. Thrown while the host starts. */
export class MissingWebhookTablesError extends WebhooksError {
  /** @param missing the tables, or tables and columns, that the database does not have */
  constructor(readonly missing: readonly string[]) {
    super(
      `${PREFIX}: the database lacks ${missing.join(', ')}. Run the library's migrations before the application starts, or set ` +
        '"migrationsRun": true, with ...WEBHOOK_MIGRATIONS in the "migrations" of the data source (...webhookMigrations({ tablePrefix }) ' +
        'if webhookEntities() has a tablePrefix). If TypeORM finds that they have run, another data source has noted them in the ' +
        'same table: give each its own "migrationsTableName".',
    );
  }
}

/** A migration of the library cannot make its tables, because others have their names. Nothing was changed. */
export class WebhookTablesExistError extends WebhooksError {
  /** @param names the tables, or tables and indexes, that exist */
  constructor(
    readonly names: readonly string[],
    options?: ErrorOptions,
  ) {
    super(
      `${PREFIX}: the database already has ${names.join(', ')}. If these are yours, choose other names for the library's: pass the same ` +
        '{ tablePrefix } to webhookEntities() and webhookMigrations(). If "synchronize" made them, either leave the migrations out or drop them.',
      options,
    );
  }
}
