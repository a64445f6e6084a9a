import { QueryFailedError } from 'typeorm';

/** Whether the database refused a statement with one of these errors: numbers of MySQL, codes of PostgreSQL. */
export function failedWith(error: unknown, codes: ReadonlySet<unknown>): error is QueryFailedError {
  if (!(error instanceof QueryFailedError)) return false;
  const { driverError } = error as QueryFailedError<Error & { errno?: unknown; code?: unknown }>;
  return codes.has(driverError.errno) || codes.has(driverError.code);
}
