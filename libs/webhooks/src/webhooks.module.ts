import { Module, type Abstract, type DynamicModule, type OnModuleInit, type Provider } from '@nestjs/common';
import { DiscoveryModule, DiscoveryService } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import { checkSchema } from './database/schema-check.js';
import { WEBHOOKS_DATA_SOURCE, WebhooksDatabase } from './database/webhooks-database.js';
import { WebhookAddressPolicy } from './destinations/address-policy.js';
import { PublicAddressPolicy } from './destinations/public-address-policy.js';
import { WEBHOOK_RESOURCES } from './emission/by-entity/entity-webhooks.js';
import { WebhookTriggerService } from './emission/by-partner/webhook-trigger.service.js';
import { WebhookEmitter } from './emission/webhook-emitter.js';
import { AmbientTransaction, NoAmbientTransaction } from './emission/transactions/ambient-transaction.js';
import { SystemClock, WebhooksClock, WebhooksHost } from './host/webhooks-host.js';
import { refuseUnknownNames } from './option-table.js';
import { ROUTE_SETTINGS, routeSettings } from './rest/route-settings.js';
import { UnroutedRequests } from './rest/unrouted-requests.js';
import { webhookTriggerController } from './rest/webhook-trigger.controller.js';
import { webhooksController } from './rest/webhooks.controller.js';
import { parseEncryptionKeys } from './secrets/encryption-keys.js';
import { AesGcmCipher, WebhookCipher } from './secrets/webhook-cipher.js';
import { RetrySchedule, WebhookRetryPolicy } from './sending/retry-schedule.js';
import { AxiosTransport, WebhookHttpService } from './sending/transport/axios-transport.js';
import { WebhookTransport } from './sending/transport/webhook-transport.js';
import { WebhookEncryption } from './subscriptions/webhook-encryption.service.js';
import { WebhookConnections } from './subscriptions/webhook-connections.service.js';
import { WebhooksService } from './subscriptions/webhooks.service.js';
import { webhookEntities } from './webhooks.entities.js';
import { InvalidWebhooksOptionError } from './webhooks.errors.js';
import {
  ASYNC_NAMES,
  ASYNC_OPTIONS_TYPE,
  checkedOptions,
  checkExtras,
  ConfigurableModuleClass,
  EXTRA_NAMES,
  MODULE_OPTIONS_TOKEN,
  providerOf,
  type WebhooksModuleExtras,
} from './webhooks.module-definition.js';
import {
  OPTION_GROUPS,
  WEBHOOKS_OPTIONS,
  type ResolvedWebhooksOptions,
  type WebhooksModuleOptions,
} from './webhooks.options.js';
import { LIBRARY_PROVIDERS } from './webhooks.providers.js';

/** The parts that a host may replace, by the names of their extras. */
const PARTS = {
  host: WebhooksHost,
  clock: WebhooksClock,
  transactions: AmbientTransaction,
  transport: WebhookTransport,
  addressPolicy: WebhookAddressPolicy,
  retryPolicy: WebhookRetryPolicy,
  cipher: WebhookCipher,
} as const satisfies Partial<Record<keyof WebhooksModuleExtras, Abstract<unknown>>>;

function replaceableParts(extras: WebhooksModuleExtras): Provider[] {
  const inject = [WEBHOOKS_OPTIONS];
  return [
    providerOf(WebhooksHost, extras.host, extras.host),
    providerOf(WebhooksClock, extras.clock, SystemClock),
    providerOf(AmbientTransaction, extras.transactions, NoAmbientTransaction),
    providerOf(WebhookTransport, extras.transport, AxiosTransport),
    providerOf(WebhookAddressPolicy, extras.addressPolicy, {
      inject,
      useFactory: ({ request }: ResolvedWebhooksOptions) => new PublicAddressPolicy(request),
    }),
    providerOf(WebhookRetryPolicy, extras.retryPolicy, {
      inject,
      useFactory: ({ retry }: ResolvedWebhooksOptions) => new RetrySchedule(retry),
    }),
    providerOf(WebhookCipher, extras.cipher, {
      inject,
      useFactory: ({ encryption }: ResolvedWebhooksOptions) => {
        const [first, ...others] = parseEncryptionKeys(encryption.keys);
        return first === undefined ? null : new AesGcmCipher(first, ...others);
      },
    }),
  ];
}

/**
 * OCTO webhooks for a booking platform. The module mounts the REST API, provides `WebhookEmitter` to the platform's
 * services, and delivers the events that they emit.
 *
 * The root module must import `TypeOrmModule.forRoot` with `webhookEntities()` and `WEBHOOK_MIGRATIONS`, and
 * `ScheduleModule.forRoot()`.
 */
@Module({})
export class WebhooksModule implements OnModuleInit {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly discovery: DiscoveryService,
  ) {}

  /**
   * @param options the options, and the extras: the host and other parts that the platform provides
   * @throws InvalidWebhooksOptionError at once for an unknown name, and at start for a value that cannot work
   */
  static forRoot(options: WebhooksModuleOptions & WebhooksModuleExtras): DynamicModule {
    refuseUnknownNames('', [...OPTION_GROUPS, ...EXTRA_NAMES], options);
    return assemble(ConfigurableModuleClass.forRoot(options), options);
  }

  /**
   * As `forRoot`, with options from a factory (`useFactory`, `inject`) or from a class with a method
   * `createWebhooksOptions` (`useClass`, `useExisting`). The extras are passed beside the factory or class.
   *
   * @throws as `forRoot`
   */
  static forRootAsync(options: typeof ASYNC_OPTIONS_TYPE & WebhooksModuleExtras): DynamicModule {
    refuseUnknownNames('', [...ASYNC_NAMES, ...EXTRA_NAMES], options);
    return assemble(ConfigurableModuleClass.forRootAsync(options), options);
  }

  async onModuleInit(): Promise<void> {
    // Such a part would make all that depends on it request-scoped. Nest would not start it, and nothing would be delivered.
    const scoped = this.discovery.getProviders().filter((provider) => !provider.isDependencyTreeStatic());
    for (const [name, part] of Object.entries(PARTS)) {
      if (scoped.some(({ token }) => token === part)) throw InvalidWebhooksOptionError.requestScoped(name);
    }
    await checkSchema(this.database, webhookEntities(this.database.type));
  }
}

function assemble(definition: DynamicModule, extras: WebhooksModuleExtras): DynamicModule {
  checkExtras(extras);
  const routes = extras.routes === false ? null : routeSettings(extras.routes);
  return {
    ...definition,
    module: WebhooksModule,
    global: extras.isGlobal ?? false,
    imports: [DiscoveryModule, ...(extras.imports ?? [])],
    controllers: routes === null ? [] : [webhooksController(routes), webhookTriggerController(routes)],
    providers: [
      ...(definition.providers ?? []),
      { provide: WEBHOOKS_OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: checkedOptions },
      { provide: WEBHOOKS_DATA_SOURCE, useExisting: getDataSourceToken(extras.dataSource) },
      { provide: WEBHOOK_RESOURCES, useValue: extras.resources ?? [] },
      ...(routes === null ? [] : [{ provide: ROUTE_SETTINGS, useValue: routes }, UnroutedRequests]),
      ...replaceableParts(extras),
      ...LIBRARY_PROVIDERS,
    ],
    exports: [
      WebhookEmitter,
      WebhooksService,
      WebhookConnections,
      WebhookEncryption,
      WebhookTriggerService,
      WebhookHttpService,
    ],
  };
}
