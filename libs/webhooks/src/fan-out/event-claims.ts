import { Inject, Injectable } from '@nestjs/common';
import { newId } from '../database/ids.js';
import { orGiveBack, WebhooksDatabase } from '../database/webhooks-database.js';
import { numberOf, numberOrNull, placeholders, textOf, type SqlValue } from '../database/sql.js';
import { UnreadableJsonError } from '../database/unreadable-json.js';
import { DeliveryLanes } from '../deliveries/lanes.js';
import { DUE_EVENT_INDEX, RESOURCE_INDEX, WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { EventQueue } from './event-queue.js';

/** A resource with at least this many more pending events is hot: this process keeps its events until all are fanned out. */
const HOT = 8;

/** An event that was claimed, and whose row cannot be read. */
export interface UnreadableEvent extends Pick<WebhookEvent, 'sequence' | 'failures'> {
  readonly id: string;
  readonly reason: string;
}

/** Events that this process alone works on until their lease ends: at most one of each resource. */
export interface ClaimedEvents {
  readonly leaseToken: string;
  readonly events: WebhookEvent[];
  readonly unreadable: UnreadableEvent[];
  /** Those of the events whose resources are hot. */
  readonly hot: WebhookEvent[];
}

/** The first pending event of a resource. */
interface Head {
  readonly sequence: number;
  readonly isFollowed: boolean;
  readonly isHot: boolean;
}

/** Claims events for this process. */
@Injectable()
export class EventClaims {
  constructor(
    private readonly database: WebhooksDatabase,
    private readonly queue: EventQueue,
    private readonly lanes: DeliveryLanes,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /**
   * Claims due events, oldest first. An event waits while an earlier one of its resource is pending, even if that is
   * claimed. Therefore, the changes of one resource are fanned out in order, whatever the number of processes.
   *
   * Of an availability, the newest pending state is claimed, and the older ones become `superseded`.
   */
  async claim(limit: number): Promise<ClaimedEvents> {
    const leaseToken = newId();
    const heads = await this.heads(limit);
    const claimed: ClaimedEvents = { leaseToken, events: [], unreadable: [], hot: [] };
    if (heads.length === 0) return claimed;
    const leased = sequencesOf(heads);
    const followed = new Set(sequencesOf(heads.filter(({ isFollowed }) => isFollowed)));
    const hot = new Set(sequencesOf(heads.filter(({ isHot }) => isHot)));
    return orGiveBack(
      async () => {
        if ((await this.lease(leased, leaseToken)) === 0) return claimed;
        const { events, unreadable } = await this.load(leased, leaseToken);
        claimed.unreadable.push(...unreadable);
        for (const event of events) {
          const replaces = this.lanes.replaces(event);
          const isOutdated = replaces && followed.has(event.sequence);
          claimed.events.push(isOutdated ? await this.newest(event, claimed, leased) : event);
          if (!replaces && hot.has(event.sequence)) claimed.hot.push(event);
        }
        return claimed;
      },
      () => this.queue.giveBack(leased, leaseToken),
    );
  }

  /**
   * Claims the next events of a resource whose first pending event this process has claimed. No other process can claim them
   * meanwhile.
   *
   * @param after the sequence after which they begin
   * @returns their sequences in order; fewer than `limit` when there are no more
   */
  async claimFollowers(event: WebhookEvent, after: number, limit: number, leaseToken: string): Promise<number[]> {
    const followers = await this.database.select(
      this.database.manager,
      `SELECT sequence FROM ${this.table} ${this.database.byIndex(RESOURCE_INDEX)}
        WHERE resource_key = ? AND status = 'pending' AND supplier_id = ? AND sequence > ?
        ORDER BY sequence LIMIT ${limit}`,
      [event.resourceKey, event.supplierId, after],
      (row) => numberOf(row, 'sequence'),
    );
    if (followers.length > 0) await this.leaseFollowers(followers, leaseToken);
    return followers;
  }

  /** Reads claimed events together, and one by one if a row cannot be read: that is the fault of its event alone. */
  async load(sequences: readonly number[], leaseToken: string): Promise<Pick<ClaimedEvents, 'events' | 'unreadable'>> {
    const unreadable: UnreadableEvent[] = [];
    try {
      return { events: await this.read(sequences, leaseToken), unreadable };
    } catch (error) {
      if (!(error instanceof UnreadableJsonError)) throw error;
    }
    const events: WebhookEvent[] = [];
    for (const sequence of sequences) {
      try {
        events.push(...(await this.read([sequence], leaseToken)));
      } catch (error) {
        if (!(error instanceof UnreadableJsonError)) throw error;
        unreadable.push(...(await this.unreadable(sequence, error.message)));
      }
    }
    return { events, unreadable };
  }

  /**
   * Claims the newest state of an availability in place of its oldest pending one.
   *
   * @param leased gets its sequence
   * @returns the oldest when there is no other, or when the newest cannot be read: the next claim then finds the one before it
   */
  private async newest(oldest: WebhookEvent, claimed: ClaimedEvents, leased: number[]): Promise<WebhookEvent> {
    const last = await this.lastReplacing(oldest);
    if (last === null) return oldest;
    leased.push(last);
    await this.leaseFollowers([last], claimed.leaseToken);
    const { events, unreadable } = await this.load([last], claimed.leaseToken);
    claimed.unreadable.push(...unreadable);
    const [newest] = events;
    if (newest === undefined) return oldest;
    await this.queue.supersede(oldest, newest);
    return newest;
  }

  /** The sequence of the last event that may replace a claimed one: all events up to it go to the same connections. */
  private async lastReplacing({
    resourceKey,
    supplierId,
    sequence,
    connectionIds,
  }: WebhookEvent): Promise<number | null> {
    const followers = `${this.table} ${this.database.byIndex(RESOURCE_INDEX)}
        WHERE resource_key = ? AND status = 'pending' AND supplier_id = ? AND sequence > ?`;
    const values: SqlValue[] = [resourceKey, supplierId, sequence];
    const audience = connectionIds === null ? [] : [JSON.stringify(connectionIds)];
    const differs =
      connectionIds === null ? 'connection_ids IS NOT NULL' : '(connection_ids IS NULL OR connection_ids <> ?)';
    const firstOther = await this.sequence(`SELECT MIN(sequence) AS sequence FROM ${followers} AND ${differs}`, [
      ...values,
      ...audience,
    ]);
    return this.sequence(`SELECT MAX(sequence) AS sequence FROM ${followers} AND sequence < ?`, [
      ...values,
      firstOther ?? Number.MAX_SAFE_INTEGER,
    ]);
  }

  private async sequence(sql: string, values: readonly SqlValue[]): Promise<number | null> {
    const [found] = await this.database.select(this.database.manager, sql, values, (row) =>
      numberOrNull(row, 'sequence'),
    );
    return found ?? null;
  }

  private async heads(limit: number): Promise<Head[]> {
    // A subquery reads one entry of the index, however many events its resource has, or has had.
    const ofSameResource = (other: string): string =>
      `SELECT ${other}.sequence FROM ${this.table} ${other} ${this.database.byIndex(RESOURCE_INDEX)}
        WHERE ${other}.resource_key = candidate.resource_key AND ${other}.status = 'pending'
          AND ${other}.supplier_id = candidate.supplier_id`;
    const follower = (place: number): string =>
      `(${ofSameResource('follower')} AND follower.sequence > candidate.sequence
         ORDER BY follower.resource_key, follower.status, follower.sequence LIMIT 1 OFFSET ${place - 1})`;
    return this.database.select(
      this.database.manager,
      `SELECT candidate.sequence, ${follower(1)} AS next, ${follower(HOT)} AS later
         FROM ${this.table} candidate ${this.database.byIndex(DUE_EVENT_INDEX)}
        WHERE candidate.status = 'pending' AND candidate.due_at <= ?
          AND (${ofSameResource('earlier')} AND earlier.sequence < candidate.sequence
                ORDER BY earlier.resource_key, earlier.status, earlier.sequence LIMIT 1) IS NULL
        ORDER BY candidate.due_at LIMIT ${limit}`,
      [this.clock.now()],
      (row) => ({
        sequence: numberOf(row, 'sequence'),
        isFollowed: numberOrNull(row, 'next') !== null,
        isHot: numberOrNull(row, 'later') !== null,
      }),
    );
  }

  /** No transaction is needed: if several processes find the same event, the first UPDATE gets it. */
  private async lease(sequences: readonly number[], leaseToken: string): Promise<number> {
    return this.leaseIf(' AND due_at <= ?', [this.clock.now()], sequences, leaseToken);
  }

  /** Whoever has claimed the first pending event of a resource may take those behind it, even from a process that has died. */
  private async leaseFollowers(sequences: readonly number[], leaseToken: string): Promise<void> {
    await this.leaseIf('', [], sequences, leaseToken);
  }

  private async leaseIf(
    condition: string,
    values: readonly SqlValue[],
    sequences: readonly number[],
    leaseToken: string,
  ): Promise<number> {
    const endsAt = this.clock.now() + this.options.dispatch.leaseMs;
    return this.database.retried(() =>
      this.database.change(
        this.database.manager,
        `UPDATE ${this.table} ${this.database.byIndex('PRIMARY')} SET lease_token = ?, due_at = ?
          WHERE sequence IN (${placeholders(sequences)}) AND status = 'pending'${condition}`,
        [leaseToken, endsAt, ...sequences, ...values],
      ),
    );
  }

  private unreadable(sequence: number, reason: string): Promise<UnreadableEvent[]> {
    return this.database.select(
      this.database.manager,
      `SELECT id, failures FROM ${this.table} WHERE sequence = ?`,
      [sequence],
      (row) => ({ sequence, id: textOf(row, 'id'), failures: numberOf(row, 'failures'), reason }),
    );
  }

  private read(sequences: readonly number[], leaseToken: string): Promise<WebhookEvent[]> {
    return this.database.retried(() =>
      this.database.reading((manager) =>
        manager
          .createQueryBuilder(WebhookEvent, 'event')
          .where('event.sequence IN (:...sequences) AND event.leaseToken = :leaseToken', { sequences, leaseToken })
          .orderBy('event.sequence')
          .getMany(),
      ),
    );
  }

  private get table(): string {
    return this.database.table(WebhookEvent);
  }
}

function sequencesOf(heads: readonly Head[]): number[] {
  return heads.map(({ sequence }) => sequence);
}
