import { type Provider } from '@nestjs/common';
import { WebhooksDatabase } from './database/webhooks-database.js';
import { DeliveryCancellations } from './deliveries/cancel.js';
import { DeliveryClaims } from './deliveries/claim.js';
import { DeliveryInserts } from './deliveries/insert.js';
import { DeliveryDrops } from './deliveries/drop.js';
import { LaneLocks } from './deliveries/lane-locks.js';
import { DeliveryLanes } from './deliveries/lanes.js';
import { PendingTriggerCount } from './deliveries/pending-triggers.js';
import { DeliverySettlements } from './deliveries/settle.js';
import { WebhookAddressPolicy } from './destinations/address-policy.js';
import { Dispatcher } from './dispatch/dispatcher.js';
import { OperationalEvents } from './dispatch/operational-events.js';
import { ReceiverHealth } from './dispatch/receiver-health.js';
import { ReceiverHealthRepository } from './dispatch/receiver-health.repository.js';
import { Receivers } from './dispatch/receivers.js';
import { Settler } from './dispatch/settler.js';
import { DomainEventMapperExplorer } from './emission/by-domain-event/domain-event-mapper.explorer.js';
import { EventEmitterBridge } from './emission/by-domain-event/event-emitter-bridge.js';
import { EntityWebhooks } from './emission/by-entity/entity-webhooks.js';
import { ResourceStates } from './emission/by-entity/resource-states.js';
import { TriggeredStates } from './emission/by-partner/triggered-states.js';
import { PendingTriggers, WebhookTriggerService } from './emission/by-partner/webhook-trigger.service.js';
import { CommitSignal, Outbox, WebhookEmitter } from './emission/webhook-emitter.js';
import { Audience, ConnectionStandings } from './fan-out/audience.js';
import { BatchFanOut } from './fan-out/batch-fan-out.js';
import { EarlierStates, EventQueue } from './fan-out/event-queue.js';
import { EventClaims } from './fan-out/event-claims.js';
import { FanOut } from './fan-out/fan-out.js';
import { LatePayloads } from './fan-out/late-payloads.js';
import { PayloadBuilder } from './fan-out/payload-builder.js';
import { TriggeredFanOut } from './fan-out/triggered-fan-out.js';
import { SlowViews } from './host/host-answers.js';
import { DeliveryBounds } from './maintenance/delivery-bounds.js';
import { DeletedWebhooks } from './maintenance/deleted-webhooks.js';
import { DeliveryRetention } from './maintenance/delivery-retention.js';
import { EventRetention } from './maintenance/event-retention.js';
import { Maintenance } from './maintenance/maintenance.js';
import { Retention } from './maintenance/retention.js';
import { TextSealer } from './secrets/text-sealer.js';
import { Sender } from './sending/sender.js';
import { WebhookHttpService } from './sending/transport/axios-transport.js';
import { ActiveWebhooks } from './subscriptions/active-webhooks.js';
import { SubscriptionEvents } from './subscriptions/subscription-events.js';
import { WebhookEncryption } from './subscriptions/webhook-encryption.service.js';
import { WebhookRowMapper } from './subscriptions/webhook.mapper.js';
import { WebhookRepository } from './subscriptions/webhook.repository.js';
import { WebhookConnections } from './subscriptions/webhook-connections.service.js';
import { WebhooksService } from './subscriptions/webhooks.service.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from './webhooks.options.js';
import { WebhooksWorker } from './worker/webhooks-worker.js';

const SUBSCRIPTIONS = [
  TextSealer,
  WebhookRowMapper,
  WebhookRepository,
  ActiveWebhooks,
  SubscriptionEvents,
  WebhooksService,
  WebhookConnections,
  WebhookEncryption,
];
const EMISSION = [
  CommitSignal,
  Outbox,
  WebhookEmitter,
  DomainEventMapperExplorer,
  EventEmitterBridge,
  EntityWebhooks,
  ResourceStates,
  TriggeredStates,
  WebhookTriggerService,
];
const DELIVERIES: Provider[] = [
  { provide: PendingTriggers, useClass: PendingTriggerCount },
  LaneLocks,
  DeliveryLanes,
  DeliveryInserts,
  DeliveryClaims,
  DeliverySettlements,
  DeliveryCancellations,
  DeliveryDrops,
];
const FAN_OUT = [
  EventQueue,
  EventClaims,
  ConnectionStandings,
  Audience,
  EarlierStates,
  SlowViews,
  PayloadBuilder,
  LatePayloads,
  BatchFanOut,
  FanOut,
  TriggeredFanOut,
];
const SENDING: Provider[] = [
  {
    provide: WebhookHttpService,
    inject: [WEBHOOKS_OPTIONS, WebhookAddressPolicy],
    useFactory: ({ request }: ResolvedWebhooksOptions, addresses: WebhookAddressPolicy) =>
      new WebhookHttpService({ ...request, addresses }),
  },
  Sender,
];
const DISPATCH = [Receivers, ReceiverHealthRepository, ReceiverHealth, OperationalEvents, Settler, Dispatcher];
const MAINTENANCE = [DeliveryBounds, DeletedWebhooks, DeliveryRetention, EventRetention, Retention, Maintenance];

/** What the library is made of, in the order of its folders. */
export const LIBRARY_PROVIDERS: Provider[] = [
  WebhooksDatabase,
  ...SUBSCRIPTIONS,
  ...EMISSION,
  ...DELIVERIES,
  ...FAN_OUT,
  ...SENDING,
  ...DISPATCH,
  ...MAINTENANCE,
  WebhooksWorker,
];
