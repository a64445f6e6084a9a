import { EntitySchema } from 'typeorm';
import { columnTypes, type WebhookDatabaseType } from '../database/column-types.js';

/** Why an attempt failed. */
export type AttemptFailure =
  /** the receiver answered, but not with 200 to 299 */
  | 'http_status'
  /** the receiver answered with a redirect, which is never followed */
  | 'redirect'
  /** the host name could not be resolved */
  | 'dns'
  /** the address, or the scheme or port of the URL, may not be called */
  | 'address_refused'
  /** the connection could not be made */
  | 'connection'
  /** the connection was not made in time */
  | 'connect_timeout'
  /** the TLS handshake failed, or the certificate was refused */
  | 'tls'
  /** the connection was made, but no response began in time */
  | 'headers_timeout'
  /** a response began, but did not end in time */
  | 'timeout'
  /** the connection broke, or the response was not HTTP */
  | 'protocol'
  /** nothing was sent: the webhook's stored URL, capabilities, headers or secrets cannot be read */
  | 'unreadable'
  /** nothing was sent: the payload cannot be built */
  | 'payload'
  /** nothing was sent: the delivery was pending for longer than `limits.pendingForMs` */
  | 'expired'
  /** nothing was sent: more than `limits.pendingDeliveriesPerWebhook` were pending, and this was among the oldest */
  | 'overflow';

/** One HTTP exchange of a delivery, or the reason why there was none. */
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
  /** The beginning of the response's body, up to `request.maxResponseBytes`, and up to 1024 bytes when the attempt succeeded. */
  responseBody!: string | null;
  /** Why the attempt failed; null when it succeeded. */
  failure!: AttemptFailure | null;
  /** The failure in words; null when the attempt succeeded. */
  failureMessage!: string | null;
}

export function webhookAttemptSchema(database: WebhookDatabaseType): EntitySchema<WebhookAttempt> {
  const types = columnTypes(database);
  return new EntitySchema<WebhookAttempt>({
    name: 'WebhookAttempt',
    target: WebhookAttempt,
    tableName: 'octo_webhook_attempt',
    columns: {
      sequence: { ...types.sequence, name: 'sequence' },
      deliveryId: { ...types.uuid, name: 'delivery_id' },
      number: { ...types.count, name: 'number' },
      startedAt: { ...types.instant, name: 'started_at' },
      durationMs: { ...types.count, name: 'duration_ms' },
      responseStatus: { ...types.count, name: 'response_status', nullable: true },
      responseBody: { ...types.text, name: 'response_body', nullable: true },
      failure: { ...types.word, name: 'failure', nullable: true },
      failureMessage: { ...types.text, name: 'failure_message', nullable: true },
    },
    indices: [{ name: 'octo_webhook_attempt_delivery_idx', columns: ['deliveryId', 'number'] }],
  });
}
