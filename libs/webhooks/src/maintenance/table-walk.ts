import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import type { WebhooksDatabase } from '../database/webhooks-database.js';
import type { ResolvedWebhooksOptions } from '../webhooks.options.js';

/** How many rows are read, and at most removed, at once: few enough that each transaction takes moments. */
export const PAGE_ROWS = 500;

/** The result of one page. */
export interface WalkedPage {
  readonly removed: number;
  /** Whether it was the last one: the next is the first one again. */
  readonly last: boolean;
}

/** Goes through a table page by page and removes what is old. */
export interface TableWalk {
  page(limits: RetentionLimits): Promise<WalkedPage>;
}

/**
 * Removes rows one by one, each by its primary key. Given a list of keys, MySQL may prefer to scan a table that is small, and
 * so lock rows that are not to be removed, or wait for those that the host has just inserted.
 *
 * @param condition with one `?`, for the key
 * @returns the keys of the rows that were there
 */
export async function removeRows<Key extends string | number>(
  database: WebhooksDatabase,
  manager: EntityManager,
  entity: EntityTarget<ObjectLiteral>,
  condition: string,
  keys: readonly Key[],
): Promise<Key[]> {
  const removed: Key[] = [];
  for (const key of keys) {
    const rows = await database.change(manager, `DELETE FROM ${database.table(entity)} WHERE ${condition}`, [key]);
    if (rows > 0) removed.push(key);
  }
  return removed;
}

/** What ended at these times or before is old. -Infinity where it is kept for ever. */
export interface RetentionLimits {
  /** For what was delivered, cancelled or superseded, and for events that were fanned out. */
  readonly delivered: number;
  /** For what is dead, and for events that failed. */
  readonly dead: number;
  /** The later of both: nothing younger is old. */
  readonly any: number;
}

export function retentionLimits(
  { settledMs, deadMs }: ResolvedWebhooksOptions['retention'],
  now: number,
): RetentionLimits {
  const delivered = settledMs === null ? -Infinity : now - settledMs;
  const dead = deadMs === null ? -Infinity : now - deadMs;
  return { delivered, dead, any: Math.max(delivered, dead) };
}
