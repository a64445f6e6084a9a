/** The error codes of OCTO, and two more in the same pattern: orders and webhooks have none of their own there. */
export const OCTO_ERROR_CODES = [
  'BAD_REQUEST',
  'UNPROCESSABLE_ENTITY',
  'UNAUTHORIZED',
  'FORBIDDEN',
  'INTERNAL_SERVER_ERROR',
  'INVALID_PRODUCT_ID',
  'INVALID_OPTION_ID',
  'INVALID_UNIT_ID',
  'INVALID_AVAILABILITY_ID',
  'INVALID_BOOKING_UUID',
  'INVALID_ORDER_ID',
  'INVALID_WEBHOOK_ID',
] as const;

/** One of OCTO's error codes. */
export type OctoErrorCode = (typeof OCTO_ERROR_CODES)[number];

/** The body of every failed OCTO request: a code to match on, a text for people, and the value that was refused. */
export interface OctoErrorBody {
  error: OctoErrorCode;
  errorMessage: string;
  [offendingField: string]: unknown;
}

/**
 * A request that OCTO answers with its error envelope.
 *
 * Thrown by the library's services and free for the host's own OCTO receivers; `OctoExceptionFilter` turns it into the
 * response.
 */
export class OctoError extends Error {
  override readonly name = 'OctoError';

  /**
   * @param code the OCTO error code, on which clients match
   * @param message what was wrong and what is allowed
   * @param offending the refused value under its own name, as OCTO asks for: `{ webhookId: '…' }`
   */
  constructor(
    readonly code: OctoErrorCode,
    message: string,
    readonly offending: Readonly<Record<string, unknown>> = {},
  ) {
    super(message);
  }

  /** The envelope that goes over the wire. */
  toBody(): OctoErrorBody {
    return { error: this.code, errorMessage: this.message, ...this.offending };
  }
}

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
