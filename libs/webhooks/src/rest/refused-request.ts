import { HttpException } from '@nestjs/common';
import { OctoError, type OctoErrorCode } from '../octo/octo-error.js';

/** OCTO's codes for the errors of Nest's own guards and pipes. Every other status, including 404, is BAD_REQUEST. */
const CODES: ReadonlyMap<number, OctoErrorCode> = new Map<number, OctoErrorCode>([
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [422, 'UNPROCESSABLE_ENTITY'],
]);

/** An error of Express's router or body parser. */
interface ExpressError extends Error {
  /** An HTTP status. */
  readonly status: number;
  /** The parser's name for the problem. */
  readonly type?: string;
  /** The largest size that is allowed, in bytes. Only for a body that is too large. */
  readonly limit?: number;
}

/**
 * The OCTO error of a refused request, whichever part refused it. Null when the exception is a fault of the platform.
 */
export function refusedRequest(exception: unknown): OctoError | null {
  if (exception instanceof OctoError) return exception;
  if (exception instanceof HttpException && exception.getStatus() < 500) {
    return new OctoError(CODES.get(exception.getStatus()) ?? 'BAD_REQUEST', exception.message);
  }
  if (isExpressError(exception)) return new OctoError('BAD_REQUEST', requestProblem(exception));
  return null;
}

/** Whether an error is meant for the client. Other errors may have a `status` too, such as those of an HTTP client. */
function isExpressError(exception: unknown): exception is ExpressError {
  if (!(exception instanceof Error) || !('status' in exception)) return false;
  const { status } = exception;
  const isForClient = ('expose' in exception && exception.expose === true) || exception.name === 'URIError';
  return isForClient && typeof status === 'number' && status >= 400 && status < 500;
}

function requestProblem({ status, type, limit, message }: ExpressError): string {
  if (status === 413) return `The body is too large: at most ${limit ?? 'the configured number of'} bytes are allowed.`;
  // The parser's message quotes the body, which may contain keys and passwords.
  if (type === 'entity.parse.failed')
    return `The body is not valid JSON${/ at position \d+/.exec(message)?.[0] ?? ''}.`;
  return `The request cannot be read: ${message}`;
}
