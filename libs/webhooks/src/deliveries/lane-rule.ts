import { groupedBy } from '../database/sql.js';
import type { WebhookEventType } from '../octo/event-type.js';

const AVAILABILITY: WebhookEventType = 'availability_update';

/** A lane: the deliveries of one resource to one webhook. They are sent in the order of their events. */
export interface Lane {
  readonly webhookId: string;
  readonly resourceKey: string;
}

/** A pending delivery of a lane. */
export interface PendingDelivery extends Lane {
  readonly id: string;
  readonly eventSequence: number;
  /** Whether a process has claimed it, and may be sending it. */
  readonly leased: boolean;
  /** null while it waits for an earlier one. */
  readonly dueAt: number | null;
  /** Whether a partner triggered it, and knows its id. */
  readonly triggered: boolean;
}

/** The place of a new delivery in its lane. */
export interface LanePlace {
  /** The pending deliveries that it replaces. */
  readonly replaced: readonly PendingDelivery[];
  /** null while it waits for an earlier one. */
  readonly dueAt: number | null;
}

/** The rest of a lane in which only the newest state matters. */
export interface NewestOfLane {
  readonly superseded: readonly PendingDelivery[];
  readonly newest: PendingDelivery;
  readonly dueAt: number | null;
}

/** Groups deliveries by lane, under its `laneKey`. */
export function byLane(deliveries: readonly PendingDelivery[]): Map<string, PendingDelivery[]> {
  return groupedBy(deliveries, laneKey);
}

export function laneKey({ webhookId, resourceKey }: Lane): string {
  return `${webhookId} ${resourceKey}`;
}

/**
 * Whether only the newest state of a resource matters. This is so for availabilities, which are sent without a diff.
 */
export function isAvailability({ resourceKey }: Pick<Lane, 'resourceKey'>): boolean {
  return resourceKey.startsWith(`${AVAILABILITY}\t`);
}

/**
 * Places a new delivery in its lane. If the lane is empty, it is due now. If it replaces all others, it is due when the
 * first of them was due. If it must wait for one, it has no due time.
 *
 * @param lane the pending deliveries of the lane
 */
export function placeInLane(lane: readonly PendingDelivery[], replaces: boolean, now: number): LanePlace {
  const replaced = replaces ? replaceable(lane) : [];
  if (replaced.length < lane.length) return { replaced, dueAt: null };
  return { replaced, dueAt: lane.find(({ dueAt }) => dueAt !== null)?.dueAt ?? now };
}

/**
 * Replaces a lane by its newest delivery, which is due when the oldest was.
 *
 * @param lane the pending deliveries of the lane, in the order of their events
 * @returns null when the lane stays as it is
 */
export function newestOfLane(lane: readonly PendingDelivery[]): NewestOfLane | null {
  const [oldest, newest] = [lane[0], lane.at(-1)];
  if (oldest === undefined || newest === undefined || oldest === newest) return null;
  if (replaceable(lane).length < lane.length) return null;
  return { superseded: lane.slice(0, -1), newest, dueAt: oldest.dueAt };
}

/**
 * The deliveries that a newer state may replace: those that no process has claimed, and that are behind every triggered one.
 * The partner must get that one in its turn, after what is before it.
 */
function replaceable(lane: readonly PendingDelivery[]): readonly PendingDelivery[] {
  const lastTriggered = Math.max(
    ...lane.map(({ triggered, eventSequence }) => (triggered ? eventSequence : -Infinity)),
  );
  return lane.filter(({ leased, eventSequence }) => !leased && eventSequence > lastTriggered);
}
