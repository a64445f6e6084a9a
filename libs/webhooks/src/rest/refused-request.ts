import { HttpException } from '@nestjs/common';
import { OctoError, type OctoErrorCode } from '../octo/octo-error.js';

/** What OCTO calls the refusals of Nest's own guards and pipes; all others are bad requests, 404 among them. */
const CODES: ReadonlyMap<number, OctoErrorCode> = new Map<number, OctoErrorCode>([
  [401, 'UNAUTHORIZED'],
  [403, 'FORBIDDEN'],
  [422, 'UNPROCESSABLE_ENTITY'],
]);

/** What Express's router and body parser throw. */
interface ExpressError extends Error {
  /** An HTTP status. */
  readonly status: number;
  /** The parser's name for what was wrong. */
  readonly type?: string;
  /** For a body that is too large: what is allowed, in bytes. */
  readonly limit?: number;
}

/** The OCTO error of a request that was refused, by whatever part; null when the exception is a fault of the platform. */
export function refusedRequest(exception: unknown): OctoError | null {
  if (exception instanceof OctoError) return exception;
  if (exception instanceof HttpException && exception.getStatus() < 500) {
    return new OctoError(CODES.get(exception.getStatus()) ?? 'BAD_REQUEST', exception.message);
  }
  if (isExpressError(exception)) return new OctoError('BAD_REQUEST', requestProblem(exception));
  return null;
}

/** Errors that are meant for the client, and no others that happen to have a `status`, such as those of an HTTP client. */
function isExpressError(exception: unknown): exception is ExpressError {
  if (!(exception instanceof Error) || !('status' in exception)) return false;
  const { status } = exception;
  const isForClient = ('expose' in exception && exception.expose === true) || exception.name === 'URIError';
  return isForClient && typeof status === 'number' && status >= 400 && status < 500;
}

function requestProblem({ status, type, limit, message }: ExpressError): string {
  if (status === 413) return `The body is too large: at most ${limit ?? 'the configured number of'} bytes are allowed.`;
  // The parser's own text quotes the body, in which keys and passwords may stand.
  if (type === 'entity.parse.failed')
    return `The body is not valid JSON${/ at position \d+/.exec(message)?.[0] ?? ''}.`;
  return `The request cannot be read: ${message}`;
}
