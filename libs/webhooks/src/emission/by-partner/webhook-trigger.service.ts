import { Inject, Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { newId } from '../../database/ids.js';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import { eventRow, resourceKey, type EventRow } from '../event-row.js';
import { Outbox } from '../webhook-emitter.js';
import type { WebhookChange } from '../webhook-change.js';
import { WebhookEvent, type WebhookEventStatus } from '../webhook-event.entity.js';
import { type OctoConnection, WebhooksClock, WebhooksHost } from '../../host/webhooks-host.js';
import type { TriggerMatch, TriggerQuery } from '../../host/trigger-query.js';
import { OctoError } from '../../octo/octo-error.js';
import type { Webhook } from '../../subscriptions/webhook.js';
import { WebhookRepository } from '../../subscriptions/webhook.repository.js';
import { WebhooksService } from '../../subscriptions/webhooks.service.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../../webhooks.options.js';
import { triggerQuery, type TriggerRequest } from './trigger-query.js';

/** The deliveries that a trigger request has caused. */
export interface TriggeredDeliveries {
  /** The id of the delivery, or of the first of several. All of them are stored with it, as `triggerRequestId`. */
  readonly requestId: string;
  readonly deliveries: number;
}

/** Counts what was triggered for a webhook and has not ended. The deliveries implement it, because they come after emission. */
export abstract class PendingTriggers {
  abstract count(manager: EntityManager, webhookId: string): Promise<number>;
}

/** Triggers deliveries of objects in their present state, for a partner who tests. */
@Injectable()
export class WebhookTriggerService {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly webhooks: WebhooksService,
    private readonly repository: WebhookRepository,
    private readonly pending: PendingTriggers,
    private readonly host: WebhooksHost,
    private readonly outbox: Outbox,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Finds the objects that the request names and writes them into the outbox, for this webhook only. Their states are read
   * again when it is the turn of their deliveries.
   *
   * @throws OctoError INVALID_WEBHOOK_ID; UNPROCESSABLE_ENTITY for an inactive webhook, and when more than
   * `limits.pendingTriggersPerWebhook` would be pending; BAD_REQUEST for a missing field
   * or an unknown record state; INVALID_PRODUCT_ID, INVALID_BOOKING_UUID or another code of that kind when nothing was
   * found
   */
  async trigger(connection: OctoConnection, webhookId: string, request: TriggerRequest): Promise<TriggeredDeliveries> {
    const webhook = await this.webhooks.get(connection, webhookId);
    if (!webhook.active) {
      throw new OctoError('UNPROCESSABLE_ENTITY', 'The webhook is inactive; set active to true first.', { webhookId });
    }
    const query = triggerQuery(webhook, await this.webhooks.connectionIds(webhook), request);
    const matches = await this.host.findForTrigger(query);
    if (matches.length === 0) throw notFound(query);
    const requestId = newId();
    const rows: EventRow[] = [];
    for (const match of matches) {
      rows.push(await this.row(webhook, query, match, request, rows.length === 0 ? requestId : newId()));
    }
    const triggered = {
      status: 'triggered' satisfies WebhookEventStatus,
      trigger_webhook_id: webhook.id,
      trigger_request_id: requestId,
      trigger_query: JSON.stringify(query),
    };
    await this.database.transaction(async (manager) => {
      // The lock of the webhook, so that requests at the same time do not pass the limit.
      await this.repository.lock(manager, connection, webhookId);
      this.refuseMoreThanFree(await this.pending.count(manager, webhook.id), rows.length);
      await this.outbox.write(
        manager,
        rows.map((row) => ({ ...row, ...triggered })),
      );
    });
    return { requestId, deliveries: matches.length };
  }

  private refuseMoreThanFree(pending: number, wanted: number): void {
    const { pendingTriggersPerWebhook } = this.options.limits;
    if (pending + wanted <= pendingTriggersPerWebhook) return;
    throw new OctoError(
      'UNPROCESSABLE_ENTITY',
      `${pending} triggered deliveries of this webhook wait, and at most ${pendingTriggersPerWebhook} may; this request ` +
        `triggers ${wanted} more. Try again when some have been delivered.`,
      { pendingTriggersPerWebhook },
    );
  }

  private async row(
    webhook: Webhook,
    query: TriggerQuery,
    match: TriggerMatch,
    request: TriggerRequest,
    eventId: string,
  ): Promise<EventRow> {
    const changed = change(webhook, query, match);
    const [field, stateId] =
      query.event === 'product_update'
        ? ['productRecordState', request.productRecordState]
        : ['orderRecordState', request.orderRecordState];
    if (stateId === undefined || changed.event === 'availability_update') {
      return eventRow(eventId, changed, this.clock.now());
    }
    const earlier = await this.recordState(stateId, webhook.supplierId, resourceKey(changed));
    if (earlier === null || !isFor(earlier, query.connectionIds)) {
      throw new OctoError(
        'BAD_REQUEST',
        `${field} must be the Octo-Record-State of an earlier delivery of the same object`,
      );
    }
    return eventRow(eventId, { ...changed, before: earlier.after }, this.clock.now());
  }

  /** The stored earlier state with an id, but only if it belongs to the same resource. */
  private async recordState(id: string, supplierId: string, resourceKey: string): Promise<WebhookEvent | null> {
    return isUuid(id)
      ? this.database.reading((manager) =>
          manager.findOneBy(WebhookEvent, { id: id.toLowerCase(), supplierId, resourceKey }),
        )
      : null;
  }
}

/** Whether the audience of an event includes one of the connections. */
function isFor({ connectionIds }: WebhookEvent, ids: readonly string[]): boolean {
  return connectionIds === null || connectionIds.some((id) => ids.includes(id));
}

function change(webhook: Webhook, query: TriggerQuery, { resourceId, state }: TriggerMatch): WebhookChange {
  const { supplierId } = webhook;
  const connectionIds = [webhook.connectionId] as const;
  if (query.event === 'availability_update') {
    const { event, productId, optionId } = query;
    return { event, supplierId, connectionIds, productId, optionId, availabilityId: resourceId, after: state };
  }
  // Without a record state there is nothing to compare with, so the diff is empty.
  return { event: query.event, supplierId, connectionIds, resourceId, before: null, after: state };
}

function notFound(query: TriggerQuery): OctoError {
  if (query.event === 'product_update' || query.event === 'availability_update') {
    return new OctoError('INVALID_PRODUCT_ID', 'There is no such product.', { productId: query.productId });
  }
  const { event, reference, mobile } = query;
  const [code, thing] =
    event === 'booking_update'
      ? (['INVALID_BOOKING_UUID', 'booking'] as const)
      : (['INVALID_ORDER_ID', 'order'] as const);
  return new OctoError(code, `This webhook's connections have no ${thing} with the given reference and mobile.`, {
    ...(reference === undefined ? {} : { reference }),
    ...(mobile === undefined ? {} : { mobile }),
  });
}
