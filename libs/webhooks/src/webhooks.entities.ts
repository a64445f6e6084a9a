import type { EntitySchema } from 'typeorm';
import type { WebhookDatabaseType } from './database/column-types.js';
import { webhookAttemptSchema } from './deliveries/webhook-attempt.entity.js';
import { webhookEventSchema } from './emission/webhook-event.entity.js';
import { webhookDeliverySchema } from './deliveries/webhook-delivery.entity.js';
import { webhookPayloadSchema } from './deliveries/webhook-payload.entity.js';
import { webhookConnectionSchema, webhookSchema } from './subscriptions/webhook.entity.js';

/**
 * The library's entities, for the `entities` of the host's data source.
 *
 * It is a function because the column types depend on the database. MySQL and MariaDB need `mediumtext` for a body, and
 * a binary collation to distinguish `a` from `A`.
 *
 * @param database the `type` of the data source
 */
export function webhookEntities(database: WebhookDatabaseType): EntitySchema[] {
  return [
    webhookSchema(database),
    webhookConnectionSchema(database),
    webhookEventSchema(database),
    webhookPayloadSchema(database),
    webhookDeliverySchema(database),
    webhookAttemptSchema(database),
  ];
}
