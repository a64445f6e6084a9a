export type { WebhookDatabaseType } from './database/column-types.js';
export { TransportError, type AttemptError } from './delivery/transport/transport-error.js';
export {
  WEBHOOK_CIRCUIT_CLOSED,
  WEBHOOK_CIRCUIT_OPENED,
  WEBHOOK_DEACTIVATED,
  type WebhookCircuitClosedEvent,
  type WebhookCircuitOpenedEvent,
  type WebhookDeactivatedEvent,
  type WebhookOperationalEvent,
} from './delivery/endpoints/operational-events.js';
export { WebhookRetryPolicy } from './delivery/retry-schedule.js';
export { WebhookAttempt } from './delivery/webhook-attempt.entity.js';
export { WebhookHttpService } from './delivery/transport/webhook-http.service.js';
export { WebhookTransport, type WebhookRequest, type WebhookResponse } from './delivery/transport/webhook-transport.js';
export { AmbientTransaction } from './emission/transactions/ambient-transaction.js';
export { MapsToWebhook, type MappedChanges, type WebhookMapper } from './emission/bridge/maps-to-webhook.decorator.js';
export { EmitsWebhook } from './emission/decorator/emits-webhook.decorator.js';
export type { EmitsWebhookOptions } from './emission/decorator/emits-webhook.options.js';
export { AsWebhookResource } from './emission/entities/declared/as-webhook-resource.decorator.js';
export {
  webhookResource,
  type WebhookResourceDeclaration,
} from './emission/entities/declared/webhook-resource.declaration.js';
export type { WebhookResourceOptions } from './emission/entities/declared/webhook-resource.options.js';
export type {
  AvailabilityChange,
  BookingChange,
  OrderChange,
  ProductChange,
  WebhookChange,
} from './emission/webhook-change.js';
export { WebhookEmitter, type EmitOptions, type EmittedEvent } from './emission/webhook-emitter.js';
export type { EarlierState } from './emission/earlier-state.js';
export { WebhookEvent, type WebhookBeforeSource, type WebhookEventStatus } from './emission/webhook-event.entity.js';
export { WebhookDelivery, type WebhookDeliveryStatus } from './fan-out/webhook-delivery.entity.js';
export { WebhookPayload } from './fan-out/webhook-payload.entity.js';
export { WebhooksClock } from './host/clock.js';
export type {
  AvailabilityTriggerQuery,
  GuestTriggerQuery,
  ProductTriggerQuery,
  TriggerMatch,
  TriggerQuery,
} from './host/trigger-query.js';
export { WebhooksHost, type OctoConnection, type WebhookResource, type WebhookView } from './host/webhooks-host.js';
export { appliedCapabilities, requestedCapabilities, WEBHOOKS_CAPABILITY } from './octo/capabilities.js';
export type { WebhookDiffOperation } from './octo/diff-operation.js';
export type {
  AvailabilityUpdatePayload,
  BookingUpdatePayload,
  OrderUpdatePayload,
  ProductUpdatePayload,
  WebhookEventPayload,
} from './octo/event-payload.js';
export { WEBHOOK_EVENT_TYPES, type WebhookEventType } from './octo/event-type.js';
export type { JsonObject, JsonValue } from './octo/json.js';
export { OCTO_ERROR_CODES, OctoError, type OctoErrorBody, type OctoErrorCode } from './octo/octo-error.js';
export { OctoExceptionFilter } from './octo/octo-exception.filter.js';
export { OctoErrorSchema } from './octo/octo-error.schema.js';
export type { OctoRequest } from './rest/octo-request.js';
export type { OctoStatusMap } from './octo/octo-status.js';
export type { OctoWebhook } from './octo/octo-webhook.js';
export { withOctoWebhookPayloads } from './openapi/outbound-payloads.js';
export { WEBHOOKS_POLL } from './runtime/webhooks-worker.js';
export { WebhookSecretCipher } from './secrets/webhook-secret-cipher.js';
export type { WebhookSecretKey } from './secrets/secret-keys.js';
export { webhookEntities } from './schema/webhook-entities.js';
export { WEBHOOK_MIGRATIONS } from './schema/webhook-migrations.js';
export { WebhookAddressPolicy } from './subscriptions/address-policy.js';
export { PublicAddressPolicy, type AddressOptions } from './subscriptions/addresses/public-address-policy.js';
export { generateSigningSecret, signingPublicKey, type SigningScheme } from './subscriptions/signing-secret.js';
export { CreateWebhookDto, DeleteByUrlDto, UpdateWebhookDto } from './subscriptions/dto/webhook-request.dto.js';
export { WebhookConnection, type WebhookDeactivationReason } from './subscriptions/webhook.entity.js';
export { Webhook, type WebhookSecret } from './subscriptions/webhook.js';
export { WebhookSecrets, type ReencryptedWebhooks } from './subscriptions/webhook-secrets.service.js';
export { OctoDeleteResult, OctoWebhookSchema } from './subscriptions/octo-webhook.schema.js';
export { SIGNING_SECRET_HEADER } from './subscriptions/webhooks.controller.js';
export { WebhooksService } from './subscriptions/webhooks.service.js';
export type { NewWebhookSettings, RotateSecretOptions, WebhookSettings } from './subscriptions/webhook-settings.js';
export { OctoAcceptedResult, WebhookTriggerDto } from './triggering/webhook-trigger.dto.js';
export { WebhookTriggerService, type TriggeredDeliveries } from './triggering/webhook-trigger.service.js';
export {
  ForeignEntityManagerError,
  InvalidSigningSecretError,
  InvalidWebhookChangeError,
  InvalidWebhookResourceError,
  InvalidWebhooksOptionError,
  MissingEventEmitterModuleError,
  MissingScheduleModuleError,
  MissingWebhookEmitterError,
  MissingWebhookEntitiesError,
  PayloadTooLargeError,
  TransactionRequiredError,
  UnreadableWebhookError,
  UnbridgeableMethodError,
  UnsupportedDatabaseError,
  UntransactionalDataSourceError,
  WebhooksError,
} from './webhooks.errors.js';
export type { WebhooksDispatchOptions } from './options/dispatch.options.js';
export type { WebhooksEmissionOptions } from './options/emission.options.js';
export type { WebhooksCircuitOptions, WebhooksDeactivationOptions } from './options/endpoint.options.js';
export type { WebhooksOctoOptions } from './options/octo.options.js';
export type { WebhooksRequestOptions } from './options/request.options.js';
export type { WebhooksRetentionOptions } from './options/retention.options.js';
export type { WebhooksRetryOptions } from './options/retry.options.js';
export type { WebhooksSecretsOptions } from './options/secrets.options.js';
export type { WebhooksModuleOptions } from './webhooks.options.js';
export type { WebhooksModuleExtras } from './webhooks.module-definition.js';
export { WebhooksModule } from './webhooks.module.js';
