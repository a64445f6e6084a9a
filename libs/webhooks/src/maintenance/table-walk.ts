import type { EntityManager, EntityTarget, ObjectLiteral } from 'typeorm';
import { placeholders, type SqlRow, type SqlValue, type WebhooksDatabase } from '../database/webhooks-database.js';
import type { RetentionLimits } from './retention-limits.js';

/** How many rows are read, and at most removed, at once: few enough that each statement takes moments. */
export const PAGE_ROWS = 500;

/** What came of one page. */
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
 * Locks those of the given rows that have come to an end, until the transaction ends. Passes over what somebody else has
 * locked right now, so that nobody ever waits for a sweep and no sweep for another.
 *
 * @param key the primary key's column
 * @returns the keys of the locked rows
 */
export async function lockEnded(
  database: WebhooksDatabase,
  manager: EntityManager,
  entity: EntityTarget<ObjectLiteral>,
  key: 'id' | 'sequence',
  values: readonly SqlValue[],
): Promise<string[]> {
  const rows = await database.select<SqlRow>(
    manager,
    `SELECT ${key} FROM ${database.table(entity)}
      WHERE ${key} IN (${placeholders(values)}) AND status <> 'pending' FOR UPDATE SKIP LOCKED`,
    values,
  );
  return rows.map((row) => String(row[key]));
}
