import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import type { WebhooksDatabase } from '../database/webhooks-database.js';
import type { ResolvedWebhooksOptions } from '../webhooks.options.js';

/** The most rows that are read and removed at once. They are few, so that each transaction is short. */
export const PAGE_ROWS = 500;

/** The result of one page. */
export interface WalkedPage {
  /** How many rows were removed, or ended. */
  readonly removed: number;
  /** Whether it was the last page. The next one is the first again. */
  readonly last: boolean;
}

/** Goes through a table page by page and removes or ends what is old. */
export interface TableWalk {
  page(limits: RetentionLimits): Promise<WalkedPage>;
}

/**
 * Removes rows one by one, each by its primary key. With a list of keys, MySQL may scan a small table. It would then
 * lock rows that must stay, or wait for rows that the host has just inserted.
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

/** Rows that ended at these times or before are old. -Infinity keeps them for ever. */
export interface RetentionLimits {
  /** For deliveries that were delivered, cancelled or superseded, and for events that were fanned out. */
  readonly delivered: number;
  /** For deliveries that are dead, and for events that failed. */
  readonly dead: number;
  /** The later of both. Nothing younger is old. */
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
