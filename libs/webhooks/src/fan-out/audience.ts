import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { groupedBy } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhookConnection, WebhookRow } from '../subscriptions/webhook.entity.js';
import { capabilitiesOf } from '../subscriptions/webhook.mapper.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';

/** The fields of a webhook that fan-out reads. None of them is secret. */
export interface Subscriber extends Pick<WebhookRow, 'id' | 'connectionId' | 'useContactLanguage'> {
  /** An error when the stored list cannot be read. */
  readonly capabilities: readonly string[] | UnreadableWebhookError;
}

/** The fields of an event that decide who receives it. */
type AudienceOf = Pick<WebhookEvent, 'type' | 'supplierId' | 'connectionIds' | 'triggerWebhookId'>;

/** The most connections that a statement names. For more, all webhooks of the supplier are read. */
const MOST_NAMED = 1000;

/** A webhook and those of its connections that were looked up. */
interface Membership {
  readonly subscriber: Subscriber;
  readonly connectionIds: readonly string[];
}

/** Finds the webhooks that events go to. No other class decides who receives an event. */
@Injectable()
export class Audience {
  constructor(private readonly database: WebhooksDatabase) {}

  /**
   * The receivers of each event of a batch: the active webhooks for its type that belong to a connection of its audience, within
   * its supplier. A triggered event goes only to the webhook that it was triggered for.
   *
   * Events of one type and supplier are looked up together, on the first call for one of them.
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

  private memberships(event: AudienceOf, connections: readonly string[]): Promise<readonly Membership[]> {
    return this.database.reading((manager) => readMemberships(manager, event, connections));
  }
}

async function readMemberships(
  manager: EntityManager,
  { type, supplierId, connectionIds, triggerWebhookId }: AudienceOf,
  connections: readonly string[],
): Promise<readonly Membership[]> {
  const query = manager
    .createQueryBuilder(WebhookRow, 'webhook')
    .select(['webhook.id', 'webhook.connectionId', 'webhook.capabilities', 'webhook.useContactLanguage'])
    .where('webhook.supplierId = :supplierId AND webhook.event = :type AND webhook.active = :active', {
      supplierId,
      type,
      active: true,
    })
    .orderBy('webhook.id');
  if (triggerWebhookId !== null) query.andWhere('webhook.id = :triggerWebhookId', { triggerWebhookId });
  if (connectionIds === null) {
    return (await query.getMany()).map((row) => ({ subscriber: subscriber(row), connectionIds: [] }));
  }
  query
    .innerJoin(WebhookConnection, 'member', 'member.webhookId = webhook.id')
    .addSelect('member.webhookId', 'member_webhook')
    .addSelect('member.connectionId', 'member_of');
  if (connections.length <= MOST_NAMED) query.andWhere('member.connectionId IN (:...connections)', { connections });
  const { entities, raw } = await query.getRawAndEntities<{ member_webhook: string; member_of: string }>();
  const rows = groupedBy(raw, (row) => row.member_webhook);
  return entities.map((entity) => ({
    subscriber: subscriber(entity),
    connectionIds: (rows.get(entity.id) ?? []).map((row) => row.member_of),
  }));
}

/** The attempts of its deliveries say why its capabilities cannot be read. */
function subscriber(row: WebhookRow): Subscriber {
  const { id, connectionId, useContactLanguage } = row;
  const known = { id, connectionId, useContactLanguage };
  try {
    return { ...known, capabilities: capabilitiesOf(row) };
  } catch (error) {
    if (error instanceof UnreadableWebhookError) return { ...known, capabilities: error };
    throw error;
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
