// Set up
export { WebhooksModule } from './webhooks.module.js';
export type { Implementation, WebhooksModuleExtras, WebhooksRouteOptions } from './webhooks.module-definition.js';
export type {
  WebhooksCircuitOptions,
  WebhooksDeactivationOptions,
  WebhooksDispatchOptions,
  WebhooksEmissionOptions,
  WebhooksEncryptionOptions,
  WebhooksLimitsOptions,
  WebhooksModuleOptions,
  WebhooksOctoOptions,
  WebhooksRequestOptions,
  WebhooksRetentionOptions,
  WebhooksRetryOptions,
} from './webhooks.options.js';
export type { EncryptionKey, RetryDelays } from './option-groups.js';
export { webhookEntities } from './webhooks.entities.js';
export type { WebhookDatabaseType } from './database/column-types.js';
export { WEBHOOK_MIGRATIONS, webhookMigrations } from './database/webhook-migrations.js';
export type { WebhookTableOptions } from './database/table-names.js';

// Emit
export { WebhookEmitter, type EmitOptions, type EmittedEvent } from './emission/webhook-emitter.js';
export type {
  AvailabilityChange,
  BookingChange,
  ConnectionIds,
  EntityOrigin,
  EntityReference,
  OrderChange,
  ProductChange,
  WebhookChange,
} from './emission/webhook-change.js';
export { EmitWebhook, type EmitWebhookDecorator } from './emission/by-method/emit-webhook.decorator.js';
export type { AnyMethod, EmitCall, EmitWebhookOptions, FromCall } from './emission/by-method/emit-webhook.options.js';
export {
  EmitWebhookOn,
  type DomainEventMapper,
  type MappedChanges,
} from './emission/by-domain-event/emit-webhook-on.decorator.js';
export {
  WebhookResource,
  webhookResource,
  type WebhookResourceDeclaration,
  type WebhookResourceOptions,
} from './emission/by-entity/webhook-resource.decorator.js';

// Host port, and the types of OCTO that it uses
export { WebhooksHost, type OctoConnection, type ResourceSnapshot, type WebhookView } from './host/webhooks-host.js';
export type {
  AvailabilityTriggerQuery,
  GuestTriggerQuery,
  ProductTriggerQuery,
  TriggerMatch,
  TriggerQuery,
} from './host/trigger-query.js';
export type { JsonObject, JsonValue } from './octo/json.js';
export { WEBHOOK_EVENT_TYPES, type WebhookEventType } from './octo/event-type.js';
export { appliedCapabilities, requestedCapabilities, WEBHOOKS_CAPABILITY } from './octo/capabilities.js';
export type { OctoWebhook } from './octo/octo-webhook.js';
export type {
  AvailabilityUpdatePayload,
  BookingUpdatePayload,
  OrderUpdatePayload,
  ProductUpdatePayload,
  WebhookDiffOperation,
  WebhookEventPayload,
} from './octo/event-payload.js';

// REST: for a host's own routes, guards and OpenAPI document
export type { OctoRequest } from './rest/octo-request.js';
export { OctoExceptionFilter } from './rest/octo-exception.filter.js';
export { withOctoWebhookPayloads } from './rest/openapi.js';
export { SIGNING_SECRET_HEADER } from './rest/webhooks.controller.js';
export { CreateWebhookDto, DeleteByUrlDto, UpdateWebhookDto } from './rest/dto/webhook-request.dto.js';
export { OctoAcceptedResult, WebhookTriggerDto } from './rest/dto/webhook-trigger.dto.js';
export { OctoDeleteResult, OctoWebhookSchema } from './rest/dto/octo-webhook.schema.js';
export { OctoErrorSchema } from './rest/dto/octo-error.schema.js';

// Replaceable parts
export { WebhooksClock } from './host/webhooks-host.js';
export { AmbientTransaction } from './emission/transactions/ambient-transaction.js';
export { WebhookRetryPolicy } from './sending/retry-schedule.js';
export { WebhookTransport, type WebhookRequest, type WebhookResponse } from './sending/transport/webhook-transport.js';
export { WebhookHttpService } from './sending/transport/axios-transport.js';
export { WebhookAddressPolicy } from './destinations/address-policy.js';
export { PublicAddressPolicy, type AddressOptions } from './destinations/public-address-policy.js';
export { WebhookCipher } from './secrets/webhook-cipher.js';

// Operate
export { WebhooksService } from './subscriptions/webhooks.service.js';
export {
  WebhookConnections,
  type ConnectionListener,
  type RemovedConnection,
} from './subscriptions/webhook-connections.service.js';
export type {
  NewWebhookSettings,
  RotateSigningSecretOptions,
  WebhookSettings,
} from './subscriptions/webhook-settings.js';
export type { SigningSecret, Webhook } from './subscriptions/webhook.js';
export { generateSigningSecret, signingPublicKey, type SigningScheme } from './subscriptions/signing-secret.js';
export { WebhookEncryption, type ReencryptedWebhooks } from './subscriptions/webhook-encryption.service.js';
export { WebhookTriggerService, type TriggeredDeliveries } from './emission/by-partner/webhook-trigger.service.js';
export type { TriggerRequest } from './emission/by-partner/trigger-query.js';
export {
  WEBHOOK_CIRCUIT_CLOSED,
  WEBHOOK_CIRCUIT_OPENED,
  WEBHOOK_DEACTIVATED,
  WEBHOOK_DELIVERIES_DROPPED,
  type WebhookCircuitClosedEvent,
  type WebhookCircuitOpenedEvent,
  type WebhookDeactivatedEvent,
  type WebhookDeliveriesDroppedEvent,
} from './dispatch/operational-events.js';
export type { WebhookOperationalEvent } from './subscriptions/operational-event.js';
export {
  WEBHOOK_CREATED,
  WEBHOOK_DELETED,
  WEBHOOK_MOVED,
  WEBHOOK_WIDENED,
  type WebhookCreatedEvent,
  type WebhookDeletedEvent,
  type WebhookMovedEvent,
  type WebhookWidenedEvent,
} from './subscriptions/subscription-events.js';
export { WEBHOOKS_POLL } from './worker/webhooks-worker.js';

// Rows
export { WebhookConnection, type WebhookDeactivationReason } from './subscriptions/webhook.entity.js';
export {
  WebhookEvent,
  type EarlierState,
  type WebhookBeforeSource,
  type WebhookEventStatus,
} from './emission/webhook-event.entity.js';
export { WebhookPayload } from './deliveries/webhook-payload.entity.js';
export { WebhookDelivery, type WebhookDeliveryStatus } from './deliveries/webhook-delivery.entity.js';
export type { DropReason } from './deliveries/drop.js';
export { WebhookAttempt, type AttemptFailure } from './deliveries/webhook-attempt.entity.js';

// Errors
export {
  ForeignEntityManagerError,
  InvalidOverlapError,
  InvalidSigningSecretError,
  InvalidWebhookChangeError,
  InvalidWebhookMethodError,
  InvalidWebhookResourceError,
  InvalidWebhooksOptionError,
  MissingEventEmitterModuleError,
  MissingScheduleModuleError,
  MissingWebhookEmitterError,
  PayloadTooLargeError,
  TransactionRequiredError,
  UnknownWebhookResourceError,
  UnreadableWebhookError,
  UntransactionalDataSourceError,
  WebhooksError,
} from './webhooks.errors.js';
export {
  MissingWebhookEntitiesError,
  MissingWebhookTablesError,
  UnsupportedDatabaseError,
  WebhookTablesExistError,
  WrongWebhookEntitiesError,
} from './database/schema.errors.js';
export { InvalidHostAnswerError } from './host/host-answers.js';
export { TransportError } from './sending/transport/webhook-transport.js';
export {
  OCTO_ERROR_CODES,
  OctoError,
  type OctoErrorBody,
  type OctoErrorCode,
  type OctoStatusMap,
} from './octo/octo-error.js';
