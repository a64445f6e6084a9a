import type { MigrationInterface } from 'typeorm';
import { CreateWebhookTables1764000000000 } from './migrations/1764000000000-create-webhook-tables.js';

/**
 * The library's migrations, for the `migrations` of the host's data source. They serve MySQL, MariaDB and PostgreSQL
 * alike, and honour the data source's `entityPrefix` and `schema`.
 */
export const WEBHOOK_MIGRATIONS: (new () => MigrationInterface)[] = [CreateWebhookTables1764000000000];
