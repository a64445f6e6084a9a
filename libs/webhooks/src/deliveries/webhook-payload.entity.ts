import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';

/** An event in the view of one set of capabilities and one language. All webhooks with that view share it. */
export class WebhookPayload {
  id!: string;
  eventId!: string;
  /** Empty while `body` is null. */
  capabilities!: string[];
  language!: string | null;
  /**
   * The part of the body that all its deliveries share, as JSON text: event, supplier, object and diff. null for a payload that
   * could not be built at fan-out: it belongs to one delivery, whose attempts try to build it.
   */
  body!: string | null;
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
      language: { ...types.language, name: 'language', nullable: true },
      body: { ...types.text, name: 'body', nullable: true },
      createdAt: { ...types.instant, name: 'created_at' },
    },
    indices: [{ name: 'octo_webhook_payload_event_idx', columns: ['eventId'] }],
  });
}
