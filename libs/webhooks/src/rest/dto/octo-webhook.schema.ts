import { ApiProperty } from '@nestjs/swagger';
import { WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../../octo/event-type.js';
import type { OctoWebhook } from '../../octo/octo-webhook.js';

/** `OctoWebhook`, for OpenAPI documents. */
export class OctoWebhookSchema implements OctoWebhook {
  @ApiProperty({ format: 'uuid' })
  id!: string;

  @ApiProperty({ enum: WEBHOOK_EVENT_TYPES })
  event!: WebhookEventType;

  @ApiProperty({ format: 'uri', description: 'Where deliveries are POSTed to' })
  url!: string;

  @ApiProperty({ type: [String], description: 'From the Octo-Capabilities header of the last create or update' })
  capabilities!: string[];

  @ApiProperty({ description: "Whether the guest's own language is tried first" })
  useContactLanguage!: boolean;

  @ApiProperty({ type: 'object', additionalProperties: { type: 'string' }, description: 'Sent with each delivery' })
  headers!: Record<string, string>;

  @ApiProperty({ description: 'Whether a failed delivery is tried again' })
  retryOnError!: boolean;

  @ApiProperty({ description: 'Whether changes are delivered' })
  active!: boolean;
}

/** OCTO's response to a deletion. */
export class OctoDeleteResult {
  @ApiProperty()
  success!: boolean;

  @ApiProperty({ required: false })
  message!: string;
}
