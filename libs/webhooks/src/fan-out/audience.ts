import { Injectable } from '@nestjs/common';
import { groupedBy } from '../database/rows.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhookConnection, WebhookRow } from '../subscriptions/webhook.entity.js';

/** What fan-out has to know of a webhook; none of it is secret. */
export type Subscriber = Pick<WebhookRow, 'id' | 'capabilities' | 'useContactLanguage'>;

/** Who is told of an event. */
type AudienceOf = Pick<WebhookEvent, 'type' | 'supplierId' | 'connectionIds' | 'triggerWebhookId'>;

/** Of how many connections the webhooks are asked for by name; of more, all of the supplier's: a statement has its limits. */
const MOST_NAMED = 1000;

/** A webhook, and the connections that it belongs to, of those looked for at least. */
interface Membership {
  readonly subscriber: Subscriber;
  readonly connectionIds: readonly string[];
}

/** Finds the webhooks that events go to. The only place that decides who hears of what. */
@Injectable()
export class Audience {
  constructor(private readonly database: WebhooksDatabase) {}

  /**
   * Who hears of each event of a batch: the active webhooks for its type that belong to a connection of its audience, within
   * its supplier; of a triggered event, only the webhook that it was triggered for.
   *
   * Events of one type and supplier are looked up together, when the first of them is asked for.
   */
  ofBatch(batch: readonly AudienceOf[]): (event: AudienceOf) => Promise<readonly Subscriber[]> {
    const groups = groupedBy(batch, lookedUpTogether);
    const lookups = new Map<string, Promise<readonly Membership[]>>();
    return async (event) => {
      const key = lookedUpTogether(event);
      const lookup = lookups.get(key) ?? this.memberships(event, connectionsOf(groups.get(key) ?? [event]));
      lookups.set(key, lookup);
      try {
        const memberships = await lookup;
        return memberships.filter(isIn(event)).map(({ subscriber }) => subscriber);
      } catch (error) {
        lookups.delete(key);
        throw error;
      }
    };
  }

  private async memberships(
    { type, supplierId, connectionIds, triggerWebhookId }: AudienceOf,
    connections: readonly string[],
  ): Promise<readonly Membership[]> {
    const query = this.database.manager
      .createQueryBuilder(WebhookRow, 'webhook')
      .select(['webhook.id', 'webhook.capabilities', 'webhook.useContactLanguage'])
      .where('webhook.supplier_id = :supplierId AND webhook.event = :type AND webhook.active = :active', {
        supplierId,
        type,
        active: true,
      })
      .orderBy('webhook.id');
    if (triggerWebhookId !== null) query.andWhere('webhook.id = :triggerWebhookId', { triggerWebhookId });
    if (connectionIds === null) {
      return (await query.getMany()).map((subscriber) => ({ subscriber, connectionIds: [] }));
    }
    query
      .innerJoin(WebhookConnection, 'member', 'member.webhook_id = webhook.id')
      .addSelect('member.connection_id', 'member_of');
    if (connections.length <= MOST_NAMED) query.andWhere('member.connection_id IN (:...connections)', { connections });
    const { entities, raw } = await query.getRawAndEntities<{ webhook_id: string; member_of: string }>();
    const rows = groupedBy(raw, (row) => row.webhook_id);
    return entities.map((subscriber) => ({
      subscriber,
      connectionIds: (rows.get(subscriber.id) ?? []).map((row) => row.member_of),
    }));
  }
}

function lookedUpTogether({ type, supplierId, connectionIds, triggerWebhookId }: AudienceOf): string {
  return JSON.stringify([type, supplierId, connectionIds === null, triggerWebhookId]);
}

function connectionsOf(events: readonly AudienceOf[]): string[] {
  return [...new Set(events.flatMap(({ connectionIds }) => connectionIds ?? []))];
}

/** Whether a webhook belongs to a connection of the event's audience. */
function isIn(event: AudienceOf): (membership: Membership) => boolean {
  if (event.connectionIds === null) return () => true;
  const audience = new Set(event.connectionIds);
  return ({ connectionIds }) => connectionIds.some((id) => audience.has(id));
}
