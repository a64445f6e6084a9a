import { EntitySchema, type EntitySchemaColumnOptions } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';
import type { WebhookEventType } from '../octo/event-type.js';

/** Why a webhook was deactivated automatically: its receiver has failed for a while and answered 410, or every attempt failed for too long. */
export type WebhookDeactivationReason = 'gone' | 'failing';

/** A webhook in the form of its row. `WebhookRowMapper` turns it into a `Webhook` and back. */
export class WebhookRow {
  id!: string;
  connectionId!: string;
  supplierId!: string;
  event!: WebhookEventType;
  /** Sealed as a whole, because any part of a URL may contain credentials. */
  url!: string;
  /** JSON: a list of ids. It is parsed row by row, because a list that was damaged must not affect other webhooks. */
  capabilities!: string;
  useContactLanguage!: boolean;
  /** Sealed JSON: name to value. */
  headers!: string;
  retryOnError!: boolean;
  active!: boolean;
  /** Sealed JSON: a list of signing secrets and their ends, newest first. */
  signingSecrets!: string;
  createdAt!: Date;
  updatedAt!: Date;
  /** When it was deactivated automatically; null when it was not, or when `active: true` or another URL gave it a new chance. */
  deactivatedAt!: Date | null;
  deactivationReason!: WebhookDeactivationReason | null;
  /** When it was deleted. Its sealed columns are empty from then on. The row is removed when its last delivery has ended. */
  deletedAt!: Date | null;
  /** The time since which every attempt has failed; null when the last one succeeded. */
  failingSince!: Date | null;
  /** The time until which its deliveries wait, because too many attempts failed; null when its circuit is closed. */
  circuitOpenUntil!: Date | null;
  /** How many times in a row its circuit has opened. */
  circuitOpenings!: number;
  /** When an edit by its connection last made it healthy; null when none has. */
  healedAt!: Date | null;
}

/** A connection whose changes a webhook receives: the one that created it, and those that its settings added. */
export class WebhookConnection {
  webhookId!: string;
  connectionId!: string;
}

/** A connection that has created webhooks. Its row is locked while they are counted. */
export class WebhookOwner {
  connectionId!: string;
}

export function webhookSchema(database: WebhookDatabaseType): EntitySchema<WebhookRow> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookRow>({
    name: 'WebhookRow',
    target: WebhookRow,
    tableName: 'octo_webhook',
    columns: {
      id: { ...types.uuid, name: 'id', primary: true },
      connectionId: { ...types.hostId, name: 'connection_id' },
      supplierId: { ...types.hostId, name: 'supplier_id' },
      event: { ...types.word, name: 'event' },
      url: { ...types.text, name: 'url' },
      capabilities: { ...types.text, name: 'capabilities' },
      useContactLanguage: { ...types.flag, name: 'use_contact_language' },
      headers: { ...types.text, name: 'headers' },
      retryOnError: { ...types.flag, name: 'retry_on_error' },
      active: { ...types.flag, name: 'active' },
      signingSecrets: { ...types.text, name: 'signing_secrets' },
      createdAt: { ...types.instant, name: 'created_at' },
      updatedAt: { ...types.instant, name: 'updated_at' },
      deactivatedAt: { ...types.instant, name: 'deactivated_at', nullable: true },
      deactivationReason: { ...types.word, name: 'deactivation_reason', nullable: true },
      deletedAt: { ...types.instant, name: 'deleted_at', nullable: true },
      failingSince: { ...types.instant, name: 'failing_since', nullable: true },
      circuitOpenUntil: { ...types.instant, name: 'circuit_open_until', nullable: true },
      circuitOpenings: { ...types.count, name: 'circuit_openings' },
      healedAt: { ...types.instant, name: 'healed_at', nullable: true },
    } satisfies Record<keyof WebhookRow, EntitySchemaColumnOptions>,
    indices: [
      { name: 'octo_webhook_connection_id_idx', columns: ['connectionId'] },
      { name: 'octo_webhook_supplier_id_idx', columns: ['supplierId', 'event'] },
    ],
  });
}

export function webhookConnectionSchema(database: WebhookDatabaseType): EntitySchema<WebhookConnection> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookConnection>({
    name: 'WebhookConnection',
    target: WebhookConnection,
    tableName: 'octo_webhook_connection',
    columns: {
      webhookId: { ...types.uuid, name: 'webhook_id', primary: true },
      connectionId: { ...types.hostId, name: 'connection_id', primary: true },
    },
    indices: [{ name: 'octo_webhook_connection_connection_idx', columns: ['connectionId'] }],
  });
}

export function webhookOwnerSchema(database: WebhookDatabaseType): EntitySchema<WebhookOwner> {
  return new EntitySchema<WebhookOwner>({
    name: 'WebhookOwner',
    target: WebhookOwner,
    tableName: 'octo_webhook_owner',
    columns: { connectionId: { ...columnTypes(database).hostId, name: 'connection_id', primary: true } },
  });
}

/** The health of a webhook's receiver. Only the dispatcher writes it, except for `HEALTHY`. */
export type WebhookHealth = Pick<
  WebhookRow,
  'deactivatedAt' | 'deactivationReason' | 'failingSince' | 'circuitOpenUntil' | 'circuitOpenings'
>;

/** The health of a new receiver, and of one that is given a new chance. */
export const HEALTHY: WebhookHealth = {
  deactivatedAt: null,
  deactivationReason: null,
  failingSince: null,
  circuitOpenUntil: null,
  circuitOpenings: 0,
};
