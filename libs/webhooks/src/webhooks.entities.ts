import type { EntitySchema } from 'typeorm';
import type { WebhookDatabaseType } from './database/column-types.js';
import { isSupported, UnsupportedDatabaseError } from './database/schema.errors.js';
import { tablePrefixOf, withTableNames, type WebhookTableOptions } from './database/table-names.js';
import { webhookAttemptSchema } from './deliveries/webhook-attempt.entity.js';
import { webhookEventSchema } from './emission/webhook-event.entity.js';
import { webhookDeliverySchema } from './deliveries/webhook-delivery.entity.js';
import { webhookPayloadSchema } from './deliveries/webhook-payload.entity.js';
import { webhookConnectionSchema, webhookOwnerSchema, webhookSchema } from './subscriptions/webhook.entity.js';

/**
 * The library's entities, for the `entities` of the host's data source.
 *
 * It is a function because the column types depend on the database. MySQL and MariaDB need `mediumtext` for a body, and
 * a binary collation to distinguish `a` from `A`.
 *
 * @param database the `type` of the data source
 * @param options how the tables are named. The migrations must have the same: `webhookMigrations(options)`
 * @throws UnsupportedDatabaseError for another type of database
 * @throws InvalidWebhooksOptionError for an option that is unknown, and for a prefix that is not one
 */
export function webhookEntities(database: WebhookDatabaseType, options: WebhookTableOptions = {}): EntitySchema[] {
  if (!isSupported(database)) throw new UnsupportedDatabaseError(String(database));
  const tablePrefix = tablePrefixOf(options);
  return [
    withTableNames(webhookSchema(database), database, tablePrefix),
    withTableNames(webhookConnectionSchema(database), database, tablePrefix),
    withTableNames(webhookOwnerSchema(database), database, tablePrefix),
    withTableNames(webhookEventSchema(database), database, tablePrefix),
    withTableNames(webhookPayloadSchema(database), database, tablePrefix),
    withTableNames(webhookDeliverySchema(database), database, tablePrefix),
    withTableNames(webhookAttemptSchema(database), database, tablePrefix),
  ];
}
