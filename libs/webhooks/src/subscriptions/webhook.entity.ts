import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';
import type { WebhookEventType } from '../octo/event-type.js';

/** A partner's subscription: which event goes where, and how. */
export class Webhook {
  id!: string;
  /** The connection that made it and alone may see, change and delete it. */
  connectionId!: string;
  supplierId!: string;
  event!: WebhookEventType;
  url!: string;
  capabilities!: string[];
  useContactLanguage!: boolean;
  headers!: Record<string, string>;
  retryOnError!: boolean;
  active!: boolean;
  /** The key that signs its deliveries, `whsec_…` as Standard Webhooks writes it. */
  secret!: string;
  createdAt!: Date;
  updatedAt!: Date;
}

/** A connection whose changes a webhook receives: the one that made it, and those that it was widened to. */
export class WebhookConnection {
  webhookId!: string;
  connectionId!: string;
}

export function webhookSchema(database: WebhookDatabaseType): EntitySchema<Webhook> {
  const types = columnTypes(database);
  return new EntitySchema<Webhook>({
    name: 'Webhook',
    target: Webhook,
    tableName: 'webhook',
    columns: {
      id: { ...types.uuid, name: 'id', primary: true },
      connectionId: { ...types.hostId, name: 'connection_id' },
      supplierId: { ...types.hostId, name: 'supplier_id' },
      event: { ...types.word, name: 'event' },
      url: { ...types.text, name: 'url' },
      capabilities: { ...types.json, name: 'capabilities' },
      useContactLanguage: { ...types.flag, name: 'use_contact_language' },
      headers: { ...types.json, name: 'headers' },
      retryOnError: { ...types.flag, name: 'retry_on_error' },
      active: { ...types.flag, name: 'active' },
      secret: { ...types.text, name: 'secret' },
      createdAt: { ...types.instant, name: 'created_at' },
      updatedAt: { ...types.instant, name: 'updated_at' },
    },
    indices: [
      { name: 'webhook_connection_id_idx', columns: ['connectionId'] },
      { name: 'webhook_supplier_id_idx', columns: ['supplierId', 'event'] },
    ],
  });
}

export function webhookConnectionSchema(database: WebhookDatabaseType): EntitySchema<WebhookConnection> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookConnection>({
    name: 'WebhookConnection',
    target: WebhookConnection,
    tableName: 'webhook_connection',
    columns: {
      webhookId: { ...types.uuid, name: 'webhook_id', primary: true },
      connectionId: { ...types.hostId, name: 'connection_id', primary: true },
    },
    indices: [{ name: 'webhook_connection_connection_idx', columns: ['connectionId'] }],
  });
}
