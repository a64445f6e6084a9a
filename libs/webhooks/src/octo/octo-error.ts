import { HttpException } from '@nestjs/common';

/** The error codes of OCTO, and two more in the same pattern, because OCTO has none for orders and webhooks. */
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

/** The body of every failed OCTO request: a code for programs, a text for people, and the value that was refused. */
export interface OctoErrorBody {
  error: OctoErrorCode;
  errorMessage: string;
  [offendingField: string]: unknown;
}

/**
 * An error that is answered with OCTO's error envelope.
 *
 * The library's services throw it, and the host may throw it in its own OCTO routes. It is an `HttpException` with the
 * default status of its code, so Nest answers it correctly without any filter. `OctoExceptionFilter` answers all other
 * errors in the same form, with the statuses that the host sets.
 */
export class OctoError extends HttpException {
  /**
   * @param code the OCTO error code, which clients compare
   * @param message what is wrong and what is allowed
   * @param offending the refused value under its own name, as OCTO requires: `{ webhookId: '…' }`. Default: none
   */
  constructor(
    readonly code: OctoErrorCode,
    message: string,
    readonly offending: Readonly<Record<string, unknown>> = {},
  ) {
    super(message, octoStatus(code));
  }

  /** The envelope: the body of the response. */
  override getResponse(): OctoErrorBody {
    return { error: this.code, errorMessage: this.message, ...this.offending };
  }
}

/** HTTP statuses by OCTO error code. They replace the default statuses of these codes. */
export type OctoStatusMap = Readonly<Partial<Record<OctoErrorCode, number>>>;

/** OCTO has no 404. An error is 400, except for a refused key (403) and a fault of the platform (500). */
const DEFAULT_STATUS: OctoStatusMap = { FORBIDDEN: 403, INTERNAL_SERVER_ERROR: 500 };

/**
 * The HTTP status of an OCTO error.
 *
 * @param code the error's code
 * @param overrides statuses that replace the default of their code
 */
export function octoStatus(code: OctoErrorCode, overrides: OctoStatusMap = {}): number {
  return overrides[code] ?? DEFAULT_STATUS[code] ?? 400;
}
