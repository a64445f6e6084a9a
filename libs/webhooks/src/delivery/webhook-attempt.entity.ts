import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';
import type { AttemptError } from './transport/transport-error.js';

/** One HTTP request of a delivery, and what came of it. */
export class WebhookAttempt {
  sequence!: number;
  deliveryId!: string;
  /** 1 for the first attempt. */
  number!: number;
  startedAt!: Date;
  /** How long the exchange took, in ms. */
  durationMs!: number;
  /** The HTTP status, or null when no response came. */
  responseStatus!: number | null;
  /** The beginning of the response's body, up to `request.maxResponseBytes`. */
  responseBody!: string | null;
  /** Why the attempt failed; null when it succeeded. */
  error!: AttemptError | null;
  /** The same in words. */
  errorMessage!: string | null;
}

export function webhookAttemptSchema(database: WebhookDatabaseType): EntitySchema<WebhookAttempt> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookAttempt>({
    name: 'WebhookAttempt',
    target: WebhookAttempt,
    tableName: 'webhook_attempt',
    columns: {
      sequence: { ...types.sequence, name: 'sequence' },
      deliveryId: { ...types.uuid, name: 'delivery_id' },
      number: { ...types.count, name: 'number' },
      startedAt: { ...types.instant, name: 'started_at' },
      durationMs: { ...types.count, name: 'duration_ms' },
      responseStatus: { ...types.count, name: 'response_status', nullable: true },
      responseBody: { ...types.text, name: 'response_body', nullable: true },
      error: { ...types.word, name: 'error', nullable: true },
      errorMessage: { ...types.text, name: 'error_message', nullable: true },
    },
    indices: [{ name: 'webhook_attempt_delivery_idx', columns: ['deliveryId', 'number'] }],
  });
}
