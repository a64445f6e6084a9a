import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';

/** An event as it is seen with one set of capabilities and one language; shared by all webhooks that see it so. */
export class WebhookPayload {
  id!: string;
  eventId!: string;
  capabilities!: string[];
  language!: string | null;
  /** JSON text of the part of the body that all its deliveries share: event, supplier, the object, its diff. */
  body!: string;
  createdAt!: Date;
}

export function webhookPayloadSchema(database: WebhookDatabaseType): EntitySchema<WebhookPayload> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookPayload>({
    name: 'WebhookPayload',
    target: WebhookPayload,
    tableName: 'octo_webhook_payload',
    columns: {
      id: { ...types.uuid, name: 'id', primary: true },
      eventId: { ...types.uuid, name: 'event_id' },
      capabilities: { ...types.json, name: 'capabilities' },
      language: { ...types.word, name: 'language', nullable: true },
      body: { ...types.text, name: 'body' },
      createdAt: { ...types.instant, name: 'created_at' },
    },
    indices: [{ name: 'octo_webhook_payload_event_idx', columns: ['eventId'] }],
  });
}
