import { QueryFailedError } from 'typeorm';

/** The error codes for a violated unique key: PostgreSQL, then MySQL and MariaDB. */
const DUPLICATE_KEY_CODES: ReadonlySet<unknown> = new Set(['23505', 'ER_DUP_ENTRY']);

/** Whether a write failed because a row with the same key exists. */
export function isDuplicateKey(error: unknown): boolean {
  if (!(error instanceof QueryFailedError)) return false;
  const { code } = error.driverError as { code?: unknown };
  return DUPLICATE_KEY_CODES.has(code);
}
