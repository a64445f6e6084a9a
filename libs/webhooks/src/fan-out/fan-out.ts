import { Inject, Injectable, Logger } from '@nestjs/common';
import { storableText } from '../database/sql.js';
import { NO_HANDOVER, type Handover } from '../deliveries/handover.js';
import type { WebhookEvent } from '../emission/webhook-event.entity.js';
import { WebhooksClock } from '../host/webhooks-host.js';
import { LOG_CONTEXT } from '../webhooks.names.js';
import { WEBHOOKS_OPTIONS, type ResolvedWebhooksOptions } from '../webhooks.options.js';
import { BatchFanOut, resourceOf } from './batch-fan-out.js';
import { EventClaims, type UnreadableEvent } from './event-claims.js';
import { EventQueue } from './event-queue.js';

/** The most events that are claimed at once. */
const BATCH = 50;
/** The most events of a hot resource that are fanned out at once, so that the next one has its turn soon. */
const SLICE = 5;
/** The most events of a hot resource that are claimed at once. */
const CLAIMED_AHEAD = 1000;

/** A hot resource, whose pending events this process has claimed. It fans them out a slice at a time, beside all others. */
interface HotResource {
  /** The first event of it that was claimed. */
  readonly first: WebhookEvent;
  readonly leaseToken: string;
  /** When its remaining events are given back, in ms since 1970. */
  readonly until: number;
  /** The sequences of those that are claimed and not begun, in order. */
  readonly sequences: number[];
  /** The last sequence that was claimed. */
  claimedTo: number;
  /** Whether there may be more to claim. */
  hasMore: boolean;
}

function newlyHot(first: WebhookEvent, leaseToken: string, until: number): HotResource {
  return { first, leaseToken, until, sequences: [], claimedTo: first.sequence, hasMore: true };
}

/** Fans events out: those of different resources in rounds, and beside them those of hot resources in slices. */
@Injectable()
export class FanOut {
  private readonly logger = new Logger(LOG_CONTEXT);
  /** Each slice is of the first one, which is then put last. */
  private readonly hot: HotResource[] = [];

  constructor(
    private readonly claims: EventClaims,
    private readonly queue: EventQueue,
    private readonly batches: BatchFanOut,
    private readonly clock: WebhooksClock,
    @Inject(WEBHOOKS_OPTIONS) private readonly options: ResolvedWebhooksOptions,
  ) {}

  /** Whether there is a slice to fan out. */
  get hasSlice(): boolean {
    return this.hot.length > 0;
  }

  /**
   * Claims due events of different resources and fans them out.
   *
   * @param handover sends the inserted deliveries in this process
   * @returns how many events were worked on; 0 when there was nothing to do
   */
  async run(handover: Handover = NO_HANDOVER): Promise<number> {
    // A slow serializer may take longer than the lease. After half of it, the rest is given back.
    const until = this.clock.now() + this.options.dispatch.leaseMs / 2;
    const { events, unreadable, hot, leaseToken } = await this.claims.claim(BATCH);
    const resources = hot.map((first) => newlyHot(first, leaseToken, until));
    // The followers are claimed while the first event is pending, so that no other process can take them.
    for (const resource of resources) await this.claimMore(resource);
    for (const event of unreadable) await this.park(event, leaseToken);
    const stopped = await this.batches.run({ events, leaseToken, until, handover });
    for (const resource of resources) await this.keep(resource, stopped.has(resourceOf(resource.first)));
    return events.length + unreadable.length;
  }

  /**
   * Fans out a slice of one hot resource, if there is one. If it throws, the resource is forgotten, and its events are due when
   * their leases end.
   *
   * @param handover as for `run`
   */
  async runSlice(handover: Handover = NO_HANDOVER): Promise<void> {
    const resource = this.hot.shift();
    if (resource === undefined) return;
    const { leaseToken, until, sequences } = resource;
    if (resource.hasMore) await this.claimMore(resource);
    const slice = sequences.splice(0, SLICE);
    const { events, unreadable } = await this.claims.load(slice, leaseToken);
    for (const event of unreadable) await this.park(event, leaseToken);
    const stopped = await this.batches.run({ events, leaseToken, until, handover });
    const isLost = events.length + unreadable.length < slice.length;
    await this.keep(resource, isLost || stopped.size > 0);
  }

  /** Gives back what this process has claimed ahead. */
  async giveBack(): Promise<void> {
    for (const { first, leaseToken } of this.hot.splice(0)) await this.queue.giveBackAll(first, leaseToken);
  }

  /** Keeps a resource for the next slices if anything is left of it, or gives its events back. */
  private async keep(resource: HotResource, isStopped: boolean): Promise<void> {
    const { first, leaseToken, sequences, hasMore } = resource;
    if (isStopped) await this.queue.giveBackAll(first, leaseToken);
    else if (sequences.length > 0 || hasMore) this.hot.push(resource);
  }

  private async claimMore(resource: HotResource): Promise<void> {
    const { first, leaseToken, sequences, claimedTo } = resource;
    const claimed = await this.claims.claimFollowers(first, claimedTo, CLAIMED_AHEAD, leaseToken);
    sequences.push(...claimed);
    resource.claimedTo = claimed.at(-1) ?? claimedTo;
    resource.hasMore = claimed.length === CLAIMED_AHEAD;
  }

  /** A second try would find the same row, so there is none. */
  private async park({ reason, ...event }: UnreadableEvent, leaseToken: string): Promise<void> {
    this.logger.error(`Event ${event.id} cannot be read and is parked as failed: ${reason}`);
    await this.queue.fail(event, leaseToken, storableText(reason), null);
  }
}
