import { Transform } from 'class-transformer';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, IsArray, IsBoolean, IsDefined, IsString, Length, ValidateIf } from 'class-validator';
import { canonicalEventType, WEBHOOK_EVENT_TYPES, type WebhookEventType } from '../../octo/event-type.js';
import { IsWebhookEvent, IsWebhookHeaders, IsWebhookUrl } from './webhook-validators.js';

const MAX_KEYS = 50;
const MAX_KEY_LENGTH = 512;

/** The field may be left out, but must not be null. */
const IsLeftOutOr = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

/** Takes the value as it was sent. Without this, class-transformer would drop headers such as `toString`. */
const AsSent = (): PropertyDecorator =>
  Transform(({ obj, key }: { obj: object; key: string }): unknown => Reflect.get(obj, key));

const CanonicalEvent = (): PropertyDecorator => Transform(({ value }) => canonicalEventType(value));

/** The fields of a `WebhookRequest` that are optional in both create and update. */
abstract class WebhookSettingsDto {
  /** Whether changes are delivered. Default: true. */
  @ApiPropertyOptional({ default: true })
  @IsLeftOutOr()
  @IsBoolean()
  active?: boolean;

  /** Whether the guest's own language is tried first. Default: true. */
  @ApiPropertyOptional({ default: true })
  @IsLeftOutOr()
  @IsBoolean()
  useContactLanguage?: boolean;

  /** Headers that are sent with each delivery: at most 20, with 8192 bytes of names and values. Default: none. */
  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @AsSent()
  @IsLeftOutOr()
  @IsWebhookHeaders()
  headers?: Record<string, string>;

  /** Whether a failed delivery is tried again. Default: true. */
  @ApiPropertyOptional({ default: true })
  @IsLeftOutOr()
  @IsBoolean()
  retryOnError?: boolean;

  /** The key of a further connection of the same supplier whose changes the webhook also receives. Never stored or shown. */
  @ApiPropertyOptional({ writeOnly: true })
  @IsLeftOutOr()
  @IsString()
  @Length(1, MAX_KEY_LENGTH)
  apiKey?: string;

  /** The keys of several such connections. Never stored or shown. */
  @ApiPropertyOptional({ type: [String], writeOnly: true, maxItems: MAX_KEYS })
  @IsLeftOutOr()
  @IsArray()
  @ArrayMaxSize(MAX_KEYS)
  @IsString({ each: true })
  @Length(1, MAX_KEY_LENGTH, { each: true })
  apiKeys?: string[];
}

/** The body of `POST /webhooks`. */
export class CreateWebhookDto extends WebhookSettingsDto {
  @ApiProperty({ enum: WEBHOOK_EVENT_TYPES })
  @IsDefined({ message: 'event is required' })
  @CanonicalEvent()
  @IsWebhookEvent()
  event!: WebhookEventType;

  @ApiProperty({ format: 'uri' })
  @IsDefined({ message: 'url is required' })
  @IsWebhookUrl()
  url!: string;
}

/** The body of `PATCH /webhooks/{webhookId}`. Fields that are left out keep their values; `headers` are replaced as a whole. */
export class UpdateWebhookDto extends WebhookSettingsDto {
  @ApiPropertyOptional({ enum: WEBHOOK_EVENT_TYPES })
  @IsLeftOutOr()
  @CanonicalEvent()
  @IsWebhookEvent()
  event?: WebhookEventType;

  @ApiPropertyOptional({ format: 'uri' })
  @IsLeftOutOr()
  @IsWebhookUrl()
  url?: string;
}

export const URL_DESCRIPTION = 'The URL exactly as it was subscribed';
export const EVENT_DESCRIPTION = 'Only webhooks for this event';

/** The body and the query of `DELETE /webhooks`. The URL may be in either of them. */
export class DeleteByUrlDto {
  @ApiPropertyOptional({ format: 'uri', description: URL_DESCRIPTION })
  @IsLeftOutOr()
  @IsString()
  url?: string;

  @ApiPropertyOptional({ enum: WEBHOOK_EVENT_TYPES, description: EVENT_DESCRIPTION })
  @IsLeftOutOr()
  @CanonicalEvent()
  @IsWebhookEvent()
  event?: WebhookEventType;
}
