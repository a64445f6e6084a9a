import type { OctoErrorCode } from './octo-error.js';

/** HTTP status by OCTO error code, for the codes that differ from the rule "everything is 400". */
export type OctoStatusMap = Readonly<Partial<Record<OctoErrorCode, number>>>;

/** OCTO knows no 404: a failure is 400, but for a refused key (403) and a fault of the platform (500). */
const DEFAULT_STATUS: OctoStatusMap = { FORBIDDEN: 403, INTERNAL_SERVER_ERROR: 500 };

/**
 * The HTTP status of an OCTO error.
 *
 * @param code the error's code
 * @param overrides statuses that the host wants otherwise
 */
export function octoStatus(code: OctoErrorCode, overrides: OctoStatusMap = {}): number {
  return overrides[code] ?? DEFAULT_STATUS[code] ?? 400;
}
