import {
  Inject,
  Module,
  type ConfigurableModuleAsyncOptions,
  type DynamicModule,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { WEBHOOKS_DATA_SOURCE, WebhooksDatabase } from './database/webhooks-database.js';
import { Attempt } from './delivery/attempt.js';
import { AxiosTransport } from './delivery/transport/axios-transport.js';
import { Dispatcher } from './delivery/dispatcher.js';
import { EndpointHealth } from './delivery/endpoints/endpoint-health.js';
import { Endpoints } from './delivery/endpoints/endpoints.js';
import { HealthChanges } from './delivery/endpoints/health-changes.js';
import { HealthRecord } from './delivery/endpoints/health-record.js';
import { OperationalEvents } from './delivery/endpoints/operational-events.js';
import { DeliveryClaims } from './delivery/queue/delivery-claims.js';
import { LaneFollowers } from './delivery/queue/lane-followers.js';
import { DeliverySettlements } from './delivery/queue/delivery-settlements.js';
import { OpenedWebhooks } from './delivery/queue/opened-webhooks.js';
import { Settler } from './delivery/settler.js';
import { RetrySchedule, WebhookRetryPolicy } from './delivery/retry-schedule.js';
import { WebhookAttempt } from './delivery/webhook-attempt.entity.js';
import { WebhookHttpService } from './delivery/transport/webhook-http.service.js';
import { WebhookTransport } from './delivery/transport/webhook-transport.js';
import { EventEmitterBridge } from './emission/bridge/event-emitter-bridge.js';
import { WebhookMappingExplorer } from './emission/bridge/webhook-mapping.explorer.js';
import { EntityWebhooks } from './emission/entities/entity-webhooks.js';
import { AmbientTransaction, NoAmbientTransaction } from './emission/transactions/ambient-transaction.js';
import { CommitSignal } from './emission/transactions/commit-signal.js';
import { Outbox } from './emission/outbox.js';
import { WebhookEmitter } from './emission/webhook-emitter.js';
import { Audience } from './fan-out/audience.js';
import { DeliveryPlan } from './fan-out/delivery-plan.js';
import { EventQueue } from './fan-out/event-queue.js';
import { FanOut } from './fan-out/fan-out.js';
import { LaneCoalescing } from './fan-out/lane-coalescing.js';
import { PayloadBuilder } from './fan-out/payload-builder.js';
import { SystemClock, WebhooksClock } from './host/clock.js';
import { WebhooksHost } from './host/webhooks-host.js';
import { ConnectionGuard } from './rest/connection.guard.js';
import { ENDPOINT_SETTINGS, type EndpointSettings } from './rest/endpoint-settings.js';
import { UnroutedRequests } from './rest/unrouted-requests.js';
import { Cancellation } from './maintenance/cancellation.js';
import { DeletedWebhooks } from './maintenance/deleted-webhooks.js';
import { DeliveryRetention } from './maintenance/delivery-retention.js';
import { EventRetention } from './maintenance/event-retention.js';
import { Maintenance } from './maintenance/maintenance.js';
import { Retention } from './maintenance/retention.js';
import { WebhooksWorker } from './runtime/webhooks-worker.js';
import { AesGcmCipher } from './secrets/aes-gcm-cipher.js';
import { ReadableSecretsNotice } from './secrets/readable-secrets.notice.js';
import { SecretBox } from './secrets/secret-box.js';
import { WebhookSecretCipher } from './secrets/webhook-secret-cipher.js';
import { WebhookAddressPolicy } from './subscriptions/address-policy.js';
import { PublicAddressPolicy } from './subscriptions/addresses/public-address-policy.js';
import { WebhookSealer } from './subscriptions/webhook-sealer.js';
import { WebhookSecrets } from './subscriptions/webhook-secrets.service.js';
import { WebhookStore } from './subscriptions/webhook-store.js';
import { webhooksController } from './subscriptions/webhooks.controller.js';
import { WebhooksService } from './subscriptions/webhooks.service.js';
import { webhookTriggerController } from './triggering/webhook-trigger.controller.js';
import { WebhookTriggerService } from './triggering/webhook-trigger.service.js';
import { MissingWebhookEntitiesError } from './webhooks.errors.js';
import {
  ConfigurableModuleClass,
  MODULE_OPTIONS_TOKEN,
  type WebhooksModuleExtras,
} from './webhooks.module-definition.js';
import {
  resolveWebhooksOptions,
  WEBHOOKS_OPTIONS,
  type ResolvedWebhooksOptions,
  type WebhooksModuleOptions,
} from './webhooks.options.js';

/** The parts that a host may replace, with their defaults. */
const REPLACEABLE: Provider[] = [
  { provide: WebhooksClock, useClass: SystemClock },
  { provide: AmbientTransaction, useClass: NoAmbientTransaction },
  {
    provide: WebhookAddressPolicy,
    inject: [WEBHOOKS_OPTIONS],
    useFactory: ({ request }: ResolvedWebhooksOptions) => new PublicAddressPolicy(request),
  },
  {
    provide: WebhookRetryPolicy,
    inject: [WEBHOOKS_OPTIONS],
    useFactory: ({ retry }: ResolvedWebhooksOptions) => new RetrySchedule(retry),
  },
  {
    provide: WebhookHttpService,
    inject: [WEBHOOKS_OPTIONS, WebhookAddressPolicy],
    useFactory: ({ request }: ResolvedWebhooksOptions, addresses: WebhookAddressPolicy) =>
      new WebhookHttpService({ ...request, addresses }),
  },
  { provide: WebhookTransport, useClass: AxiosTransport },
  {
    provide: WebhookSecretCipher,
    inject: [WEBHOOKS_OPTIONS],
    useFactory: ({ secrets: { keys } }: ResolvedWebhooksOptions) => {
      const [first, ...others] = keys;
      return first === undefined ? null : new AesGcmCipher(first, ...others);
    },
  },
];

const SECRETS = [SecretBox, ReadableSecretsNotice, WebhookSealer, WebhookSecrets];
const EMISSION = [CommitSignal, Outbox, WebhookEmitter, WebhookMappingExplorer, EventEmitterBridge, EntityWebhooks];
const FAN_OUT = [EventQueue, Audience, PayloadBuilder, LaneCoalescing, DeliveryPlan, FanOut];
const ENDPOINTS = [Endpoints, EndpointHealth, HealthRecord, HealthChanges, OperationalEvents];
const DELIVERY = [
  OpenedWebhooks,
  DeliveryClaims,
  LaneFollowers,
  DeliverySettlements,
  ...ENDPOINTS,
  Attempt,
  Settler,
  Dispatcher,
];
const MAINTENANCE = [Cancellation, DeletedWebhooks, DeliveryRetention, EventRetention, Retention, Maintenance];

/**
 * OCTO webhooks for a booking platform: mounts the REST endpoints, offers `WebhookEmitter` to the platform's services, and
 * delivers what they emit.
 *
 * Needs, once in the root module, `TypeOrmModule.forRoot` with `webhookEntities()` and `WEBHOOK_MIGRATIONS`, and
 * `ScheduleModule.forRoot()`.
 */
@Module({})
export class WebhooksModule implements OnModuleInit {
  constructor(@Inject(WEBHOOKS_DATA_SOURCE) private readonly dataSource: DataSource) {}

  /**
   * @param options what the host sets, and the class that fills the port
   * @throws InvalidWebhooksOptionError at start, for a value that cannot work
   */
  static forRoot(options: WebhooksModuleOptions & WebhooksModuleExtras): DynamicModule {
    return assemble(ConfigurableModuleClass.forRoot(options), options);
  }

  /** As `forRoot`, with options from a factory; what is in `WebhooksModuleExtras` stands beside the factory. */
  static forRootAsync(
    options: ConfigurableModuleAsyncOptions<WebhooksModuleOptions> & WebhooksModuleExtras,
  ): DynamicModule {
    return assemble(ConfigurableModuleClass.forRootAsync(options), options);
  }

  onModuleInit(): void {
    // Without this check, a forgotten entity would show only at the first request.
    if (!this.dataSource.hasMetadata(WebhookAttempt)) throw new MissingWebhookEntitiesError(WebhookAttempt.name);
  }
}

function assemble(definition: DynamicModule, extras: WebhooksModuleExtras): DynamicModule {
  const endpoints: EndpointSettings = {
    path: extras.path ?? '',
    guard: extras.guard ?? ConnectionGuard,
    errorStatuses: extras.errorStatuses ?? {},
  };
  const mounted = extras.controllers ?? true;
  return {
    ...definition,
    module: WebhooksModule,
    global: extras.isGlobal ?? false,
    imports: [DiscoveryModule, ...(extras.imports ?? [])],
    controllers: mounted ? [webhooksController(endpoints), webhookTriggerController(endpoints)] : [],
    providers: [
      ...(definition.providers ?? []),
      { provide: WEBHOOKS_OPTIONS, inject: [MODULE_OPTIONS_TOKEN], useFactory: resolveWebhooksOptions },
      { provide: WEBHOOKS_DATA_SOURCE, useExisting: getDataSourceToken(extras.dataSource) },
      { provide: WebhooksHost, useClass: extras.host },
      { provide: ENDPOINT_SETTINGS, useValue: endpoints },
      ...(mounted ? [UnroutedRequests] : []),
      ...REPLACEABLE,
      ...(extras.overrides ?? []),
      WebhooksDatabase,
      ...SECRETS,
      WebhookStore,
      WebhooksService,
      WebhookTriggerService,
      ...EMISSION,
      ...FAN_OUT,
      ...DELIVERY,
      ...MAINTENANCE,
      WebhooksWorker,
    ],
    exports: [WebhookEmitter, WebhooksService, WebhookSecrets, WebhookTriggerService, WebhookHttpService],
  };
}
