import type { MigrationInterface } from 'typeorm';
import { CreateWebhookTables1764000000000 } from './migrations/1764000000000-create-webhook-tables.js';
import { DEFAULT_TABLE_PREFIX, tablePrefixOf, type WebhookTableOptions } from './table-names.js';

/**
 * The library's migrations, for the `migrations` of the host's data source. They serve MySQL, MariaDB and PostgreSQL
 * alike, and honour the data source's `entityPrefix`, `schema` and naming strategy.
 */
export const WEBHOOK_MIGRATIONS: (new () => MigrationInterface)[] = [CreateWebhookTables1764000000000];

/**
 * As `WEBHOOK_MIGRATIONS`, for `webhookEntities` with the same options. TypeORM notes them under other names, so that
 * libraries with different prefixes can share a schema and its table of migrations.
 *
 * @throws InvalidWebhooksOptionError for an option that is unknown, and for a prefix that is not one
 */
export function webhookMigrations(options: WebhookTableOptions = {}): (new () => MigrationInterface)[] {
  const tablePrefix = tablePrefixOf(options);
  if (tablePrefix === DEFAULT_TABLE_PREFIX) return WEBHOOK_MIGRATIONS;
  return [
    class extends CreateWebhookTables1764000000000 {
      constructor() {
        super(tablePrefix);
      }
    },
  ];
}
