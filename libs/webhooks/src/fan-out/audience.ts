import { Injectable, Logger } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { EntityManager } from 'typeorm';
import { messageOf } from '../database/error-text.js';
import { groupedBy } from '../database/sql.js';
import { WebhooksDatabase } from '../database/webhooks-database.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { checkedIds, SlowViews, type AskedView } from '../host/host-answers.js';
import { WebhooksClock, WebhooksHost } from '../host/webhooks-host.js';
import { WebhookConnection, WebhookRow } from '../subscriptions/webhook.entity.js';
import { capabilitiesOf } from '../subscriptions/webhook.mapper.js';
import { UnreadableWebhookError } from '../webhooks.errors.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

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

/** How long an answer of the host about a connection is used. */
const STANDING_MS = 60_000;
/** Enough for the partners of a busy platform. */
const MOST_KNOWN = 10_000;

/** Whether connections still stand. A host that cannot tell has none that do not. */
@Injectable()
export class ConnectionStandings {
  private readonly logger = new Logger(LOG_CONTEXT);
  private readonly known = new LRUCache<string, { readonly stands: boolean; readonly askedAt: number }>({
    max: MOST_KNOWN,
  });

  constructor(
    private readonly host: WebhooksHost,
    private readonly slow: SlowViews,
    private readonly clock: WebhooksClock,
  ) {}

  /** Those of some connections that do not stand any more. */
  async fallen(supplierId: string, connectionIds: ReadonlySet<string>): Promise<ReadonlySet<string>> {
    if (this.host.standingConnections === undefined) return new Set();
    const now = this.clock.now();
    const fallen = new Set<string>();
    const toAsk: string[] = [];
    for (const id of connectionIds) {
      const known = this.known.get(id);
      if (known === undefined || now - known.askedAt >= STANDING_MS) toAsk.push(id);
      else if (!known.stands) fallen.add(id);
    }
    const standing = toAsk.length === 0 ? null : await this.ask(supplierId, toAsk);
    for (const id of toAsk) {
      const stands = standing?.has(id) ?? this.known.get(id)?.stands ?? true;
      if (!stands) fallen.add(id);
      this.known.set(id, { stands, askedAt: now });
    }
    return fallen;
  }

  /** @returns null when the host does not answer */
  private async ask(supplierId: string, connectionIds: readonly string[]): Promise<ReadonlySet<string> | null> {
    const asked: AskedView = { supplierId, view: 'connections' };
    try {
      this.slow.refuse(asked);
      return await this.slow.inTime(asked, async () =>
        checkedIds('standingConnections', await this.host.standingConnections?.(connectionIds)),
      );
    } catch (error) {
      const reason = messageOf(error);
      this.logger.error(`The host does not say which connections stand, so its last answers are used: ${reason}`);
      return null;
    }
  }
}

/** Finds the webhooks that events go to. No other class decides who receives an event. */
@Injectable()
export class Audience {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly standings: ConnectionStandings,
  ) {}

  /**
   * The receivers of each event of a batch: the active webhooks for its type that belong to a connection of its audience, within
   * its supplier. A triggered event goes only to the webhook that it was triggered for. Connections that do not stand any more
   * receive nothing, and nobody receives their changes.
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
        const memberships = (await lookup).filter(isIn(event.connectionIds));
        return (await this.standing(event, memberships)).map(({ subscriber }) => subscriber);
      } catch (error) {
        lookups.delete(key);
        throw error;
      }
    };
  }

  private async standing(event: AudienceOf, memberships: readonly Membership[]): Promise<readonly Membership[]> {
    const ids = memberships.flatMap(({ subscriber, connectionIds }) => [subscriber.connectionId, ...connectionIds]);
    const fallen = await this.standings.fallen(event.supplierId, new Set(ids));
    if (fallen.size === 0) return memberships;
    const left = event.connectionIds?.filter((id) => !fallen.has(id)) ?? null;
    return memberships.filter(({ subscriber }) => !fallen.has(subscriber.connectionId)).filter(isIn(left));
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

/** Whether a webhook belongs to one of some connections; null for all. */
function isIn(connectionIds: readonly string[] | null): (membership: Membership) => boolean {
  if (connectionIds === null) return () => true;
  const audience = new Set(connectionIds);
  return (membership) => membership.connectionIds.some((id) => audience.has(id));
}
