import { Injectable } from '@nestjs/common';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhookConnection, WebhookRow } from '../subscriptions/webhook.entity.js';

/** What fan-out has to know of a webhook; none of it is secret. */
export type Subscriber = Pick<WebhookRow, 'id' | 'capabilities' | 'useContactLanguage'>;

/** Who is told of an event. */
type AudienceOf = Pick<WebhookEvent, 'type' | 'supplierId' | 'connectionIds' | 'triggerWebhookId'>;

/** Finds the webhooks that events go to. The only place that decides who hears of what. */
@Injectable()
export class Audience {
  constructor(private readonly database: WebhooksDatabase) {}

  /** As `of`, with one query for all events that have the same audience. */
  memoized(): (event: WebhookEvent) => Promise<Subscriber[]> {
    const known = new Map<string, Promise<Subscriber[]>>();
    return (event) => {
      const { type, supplierId, connectionIds, triggerWebhookId } = event;
      const key = JSON.stringify([type, supplierId, connectionIds, triggerWebhookId]);
      const found = known.get(key) ?? this.of(event);
      known.set(key, found);
      return found;
    };
  }

  /**
   * The active webhooks for the event's type that belong to a connection of its audience, within its supplier; of a
   * triggered event, only the webhook that it was triggered for.
   */
  async of(event: AudienceOf): Promise<Subscriber[]> {
    const query = this.database.manager
      .createQueryBuilder(WebhookRow, 'webhook')
      .select(['webhook.id', 'webhook.capabilities', 'webhook.useContactLanguage'])
      .where('webhook.supplier_id = :supplierId AND webhook.event = :type AND webhook.active = :active', {
        supplierId: event.supplierId,
        type: event.type,
        active: true,
      })
      .orderBy('webhook.id');
    if (event.triggerWebhookId !== null) {
      query.andWhere('webhook.id = :webhookId', { webhookId: event.triggerWebhookId });
    }
    if (event.connectionIds !== null) {
      const member = query
        .subQuery()
        .select('member.webhook_id')
        .from(WebhookConnection, 'member')
        .where('member.connection_id IN (:...connectionIds)')
        .getQuery();
      query.andWhere(`webhook.id IN ${member}`, { connectionIds: event.connectionIds });
    }
    return query.getMany();
  }
}
