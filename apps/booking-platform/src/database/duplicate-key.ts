import { QueryFailedError } from 'typeorm';

/** How the drivers report a violated unique key: PostgreSQL and MySQL or MariaDB. */
const DUPLICATE_KEY_CODES: ReadonlySet<unknown> = new Set(['23505', 'ER_DUP_ENTRY']);

/** Whether a write failed because a row with the same key was there first. */
export function isDuplicateKey(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: unknown };
  return DUPLICATE_KEY_CODES.has(code);
}
