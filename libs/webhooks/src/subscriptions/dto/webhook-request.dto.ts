import { Transform } from 'class-transformer';
import { IsBoolean, IsDefined, ValidateIf } from 'class-validator';
import { canonicalEventType, type WebhookEventType } from '../../octo/event-type.js';
import { IsWebhookEvent, IsWebhookHeaders, IsWebhookUrl } from './webhook-validators.js';

/** Left out is allowed; null is not. */
const IsLeftOutOr = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const CanonicalEvent = (): PropertyDecorator => Transform(({ value }) => canonicalEventType(value));

/** The fields of a `WebhookRequest` that are optional in both directions. */
abstract class WebhookSettingsDto {
  /** Whether changes are delivered at all. Default: true. */
  @IsLeftOutOr()
  @IsBoolean()
  active?: boolean;

  /** Whether the guest's own language is tried first. Default: true. */
  @IsLeftOutOr()
  @IsBoolean()
  useContactLanguage?: boolean;

  /** Headers that each delivery carries. Default: none. */
  @IsLeftOutOr()
  @IsWebhookHeaders()
  headers?: Record<string, string>;

  /** Whether a failed delivery is tried again. Default: true. */
  @IsLeftOutOr()
  @IsBoolean()
  retryOnError?: boolean;
}

/** The body of `POST /webhooks`. */
export class CreateWebhookDto extends WebhookSettingsDto {
  @IsDefined({ message: 'event is required' })
  @CanonicalEvent()
  @IsWebhookEvent()
  event!: WebhookEventType;

  @IsDefined({ message: 'url is required' })
  @IsWebhookUrl()
  url!: string;
}

/** The body of `PATCH /webhooks/{webhookId}`: what is left out stays as it is; `headers` are replaced as a whole. */
export class UpdateWebhookDto extends WebhookSettingsDto {
  @IsLeftOutOr()
  @CanonicalEvent()
  @IsWebhookEvent()
  event?: WebhookEventType;

  @IsLeftOutOr()
  @IsWebhookUrl()
  url?: string;
}
