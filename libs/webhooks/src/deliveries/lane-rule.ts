import { groupedBy } from '../database/sql.js';
import type { WebhookEventType } from '../octo/event-type.js';

const AVAILABILITY: WebhookEventType = 'availability_update';

/** A lane: the deliveries of one resource to one webhook. They go out in the order of their events. */
export interface Lane {
  readonly webhookId: string;
  readonly resourceKey: string;
}

/** A pending delivery of a lane. */
export interface PendingDelivery extends Lane {
  readonly id: string;
  /** Whether a process has claimed it, and may be sending it. */
  readonly leased: boolean;
  /** null while it waits for an earlier one. */
  readonly dueAt: number | null;
  /** Whether a partner triggered it, and knows its id. */
  readonly triggered: boolean;
}

/** Where a new delivery comes in its lane. */
export interface LanePlace {
  /** The pending deliveries that it replaces. */
  readonly replaced: readonly PendingDelivery[];
  /** null while it waits for an earlier one. */
  readonly dueAt: number | null;
}

/** What is left of a lane in which only the newest state matters. */
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

/** Only of an availability nothing but the newest state matters: it is sent without a diff. */
export function isAvailability({ resourceKey }: Pick<Lane, 'resourceKey'>): boolean {
  return resourceKey.startsWith(`${AVAILABILITY}\t`);
}

/**
 * A new delivery is due now. If it replaces all others of its lane it is due when the first of them was, and if it has to wait
 * for one it has no due time.
 *
 * @param lane the pending deliveries of the lane
 */
export function placeInLane(lane: readonly PendingDelivery[], replaces: boolean, now: number): LanePlace {
  const replaced = replaces ? replaceable(lane) : [];
  if (replaced.length < lane.length) return { replaced, dueAt: null };
  return { replaced, dueAt: lane.find(({ dueAt }) => dueAt !== null)?.dueAt ?? now };
}

/**
 * The newest delivery takes the turn of the oldest.
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

/** A newer state replaces what nobody has claimed, and nothing in a lane with a triggered delivery: its partner is to get it, in its turn. */
function replaceable(lane: readonly PendingDelivery[]): readonly PendingDelivery[] {
  return lane.some(({ triggered }) => triggered) ? [] : lane.filter(({ leased }) => !leased);
}
