import { Injectable } from '@nestjs/common';
import { validate as isUuid } from 'uuid';
import { newId } from '../../database/ids.js';
import { WebhooksDatabase } from '../../database/webhooks-database.js';
import { eventRow, resourceKey, type EventRow } from '../event-row.js';
import { Outbox } from '../outbox.js';
import type { WebhookChange } from '../webhook-change.js';
import { WebhookEvent } from '../webhook-event.entity.js';
import { WebhooksClock } from '../../host/clock.js';
import type { TriggerMatch, TriggerQuery } from '../../host/trigger-query.js';
import { WebhooksHost, type OctoConnection } from '../../host/webhooks-host.js';
import { OctoError } from '../../octo/octo-error.js';
import type { Webhook } from '../../subscriptions/webhook.js';
import { WebhooksService } from '../../subscriptions/webhooks.service.js';
import { triggerQuery, type TriggerRequest } from './trigger-query.js';

/** What was set off. */
export interface TriggeredDeliveries {
  /** The id of the delivery; of the first one where there are several. All carry it in the log. */
  readonly requestId: string;
  readonly deliveries: number;
}

/** Sets off deliveries of objects as they are now, for a partner who tests. */
@Injectable()
export class WebhookTriggerService {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly webhooks: WebhooksService,
    private readonly host: WebhooksHost,
    private readonly outbox: Outbox,
    private readonly clock: WebhooksClock,
  ) {}

  /**
   * Finds what the request names and puts it into the outbox, for this webhook alone.
   *
   * @throws OctoError INVALID_WEBHOOK_ID; UNPROCESSABLE_ENTITY for an inactive webhook; BAD_REQUEST for a field that the
   * event needs or a record state that is unknown; the INVALID_… code of what was not found
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
    await this.outbox.write(
      this.database.manager,
      rows.map((row) => ({ ...row, trigger_webhook_id: webhook.id, trigger_request_id: requestId })),
    );
    return { requestId, deliveries: matches.length };
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
    if (earlier === null) {
      throw new OctoError(
        'BAD_REQUEST',
        `${field} must be the Octo-Record-State of an earlier delivery of the same object`,
      );
    }
    return eventRow(eventId, { ...changed, before: earlier.after }, this.clock.now());
  }

  /** A stored earlier state of the same resource: whatever else the id may name stays out of reach. */
  private async recordState(id: string, supplierId: string, resourceKey: string): Promise<WebhookEvent | null> {
    return isUuid(id)
      ? this.database.manager.findOneBy(WebhookEvent, { id: id.toLowerCase(), supplierId, resourceKey })
      : null;
  }
}

function change(webhook: Webhook, query: TriggerQuery, { resourceId, state }: TriggerMatch): WebhookChange {
  const { supplierId } = webhook;
  const connectionIds = [webhook.connectionId] as const;
  if (query.event === 'availability_update') {
    const { event, productId, optionId } = query;
    return { event, supplierId, connectionIds, productId, optionId, availabilityId: resourceId, after: state };
  }
  // Without a record state there is nothing to compare with, and the diff is empty.
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
