import { expect, it } from '@jest/globals';
import { HttpException } from '@nestjs/common';
import * as library from './index.js';

it('the package exports these names and no others', () => {
  expect(Object.keys(library).sort()).toEqual([
    'AmbientTransaction',
    'CreateWebhookDto',
    'DeleteByUrlDto',
    'EmitWebhook',
    'EmitWebhookOn',
    'ForeignEntityManagerError',
    'InvalidHostAnswerError',
    'InvalidOverlapError',
    'InvalidSigningSecretError',
    'InvalidWebhookChangeError',
    'InvalidWebhookMethodError',
    'InvalidWebhookResourceError',
    'InvalidWebhooksOptionError',
    'MissingEventEmitterModuleError',
    'MissingScheduleModuleError',
    'MissingWebhookEmitterError',
    'MissingWebhookEntitiesError',
    'MissingWebhookTablesError',
    'OCTO_ERROR_CODES',
    'OctoAcceptedResult',
    'OctoDeleteResult',
    'OctoError',
    'OctoErrorSchema',
    'OctoExceptionFilter',
    'OctoWebhookSchema',
    'PayloadTooLargeError',
    'PublicAddressPolicy',
    'SIGNING_SECRET_HEADER',
    'TransactionRequiredError',
    'TransportError',
    'UnknownWebhookResourceError',
    'UnreadableWebhookError',
    'UnsupportedDatabaseError',
    'UntransactionalDataSourceError',
    'UpdateWebhookDto',
    'WEBHOOKS_CAPABILITY',
    'WEBHOOKS_POLL',
    'WEBHOOK_CIRCUIT_CLOSED',
    'WEBHOOK_CIRCUIT_OPENED',
    'WEBHOOK_DEACTIVATED',
    'WEBHOOK_EVENT_TYPES',
    'WEBHOOK_MIGRATIONS',
    'WebhookAddressPolicy',
    'WebhookAttempt',
    'WebhookCipher',
    'WebhookConnection',
    'WebhookDelivery',
    'WebhookEmitter',
    'WebhookEncryption',
    'WebhookEvent',
    'WebhookHttpService',
    'WebhookPayload',
    'WebhookResource',
    'WebhookRetryPolicy',
    'WebhookTablesExistError',
    'WebhookTransport',
    'WebhookTriggerDto',
    'WebhookTriggerService',
    'WebhooksClock',
    'WebhooksError',
    'WebhooksHost',
    'WebhooksModule',
    'WebhooksService',
    'WrongWebhookEntitiesError',
    'appliedCapabilities',
    'generateSigningSecret',
    'requestedCapabilities',
    'signingPublicKey',
    'webhookEntities',
    'webhookMigrations',
    'webhookResource',
    'withOctoWebhookPayloads',
  ]);
});

it('all errors extend WebhooksError, except OctoError, which is an HttpException', () => {
  const prototypeOf = (value: unknown): unknown => (typeof value === 'function' ? value.prototype : null);
  const errors = Object.values(library).filter((value) => prototypeOf(value) instanceof Error);
  const others = errors.filter((error) => !(prototypeOf(error) instanceof library.WebhooksError));
  expect(errors.length).toBeGreaterThan(15);
  expect(new Set(others)).toEqual(new Set([library.WebhooksError, library.OctoError]));
  expect(new library.OctoError('BAD_REQUEST', 'no')).toBeInstanceOf(HttpException);
});
