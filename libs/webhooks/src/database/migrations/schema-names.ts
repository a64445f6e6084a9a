import type { DataSource, QueryRunner, Table } from 'typeorm';
import { failedWith } from '../query-error.js';
import { WebhookTablesExistError } from '../schema.errors.js';
import { DEFAULT_TABLE_PREFIX, indexName } from '../table-names.js';

/** The classes of the entities, which a naming strategy is given along with the names of their tables. */
const CLASSES: ReadonlyMap<string, string> = new Map([
  ['octo_webhook', 'WebhookRow'],
  ['octo_webhook_connection', 'WebhookConnection'],
  ['octo_webhook_owner', 'WebhookOwner'],
  ['octo_webhook_event', 'WebhookEvent'],
  ['octo_webhook_payload', 'WebhookPayload'],
  ['octo_webhook_delivery', 'WebhookDelivery'],
  ['octo_webhook_attempt', 'WebhookAttempt'],
]);

/** The columns whose properties have other names. */
const PROPERTIES: ReadonlyMap<string, string> = new Map([
  ['before_state', 'before'],
  ['after_state', 'after'],
]);

/** Errors for a table or index that exists: MySQL 1050, PostgreSQL 42P07. */
const EXISTS: ReadonlySet<unknown> = new Set([1050, '42P07']);

/**
 * The names in a data source of what a migration makes. The naming strategy is asked as TypeORM asks it for the
 * entities, which the data source that runs the migrations need not have.
 */
export class SchemaNames {
  constructor(
    private readonly dataSource: DataSource,
    private readonly tablePrefix: string,
  ) {}

  /** @param canonical the name as migrations write it, such as `octo_webhook` */
  tablePath(canonical: string): string {
    const { driver } = this.dataSource;
    return driver.buildTableName(this.table(canonical), driver.schema, driver.database);
  }

  column(canonical: string): string {
    const property =
      PROPERTIES.get(canonical) ?? canonical.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    return this.dataSource.namingStrategy.columnName(property, canonical, []);
  }

  index(canonical: string, canonicalTable: string): string {
    return indexName(canonical, canonicalTable, this.table(canonicalTable));
  }

  private table(canonical: string): string {
    const { namingStrategy, options } = this.dataSource;
    const given = `${this.tablePrefix}${canonical.slice(DEFAULT_TABLE_PREFIX.length)}`;
    const named = namingStrategy.tableName(CLASSES.get(canonical) ?? canonical, given);
    return options.entityPrefix ? namingStrategy.prefixTableName(options.entityPrefix, named) : named;
  }
}

/**
 * Creates all tables, or none. Databases without transactional DDL would keep some of them, so all are looked up first.
 *
 * @throws WebhookTablesExistError
 */
export async function createTables(queryRunner: QueryRunner, tables: readonly Table[]): Promise<void> {
  const existing: string[] = [];
  for (const { name } of tables) {
    if (await queryRunner.hasTable(name)) existing.push(name);
  }
  if (existing.length > 0) throw new WebhookTablesExistError(existing);
  for (const table of tables) {
    try {
      await queryRunner.createTable(table);
    } catch (error) {
      // In PostgreSQL an index of the host's may have the name of one of these.
      if (!failedWith(error, EXISTS)) throw error;
      const name = /["'`](.+?)["'`]/.exec(error.message)?.[1] ?? error.message;
      throw new WebhookTablesExistError([name], { cause: error });
    }
  }
}

export async function dropTables(queryRunner: QueryRunner, tables: readonly Table[]): Promise<void> {
  for (const table of tables.toReversed()) await queryRunner.dropTable(table);
}
