import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { redactUrls } from '../secrets/redaction.js';
import { OctoError, octoStatus, type OctoStatusMap } from '../octo/octo-error.js';
import { forbidStoring, type OctoResponse } from './octo-request.js';
import { refusedRequest } from './refused-request.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** The part of Express's response that the filter uses. */
interface JsonResponse extends OctoResponse {
  status(code: number): JsonResponse;
  json(body: unknown): unknown;
}

/**
 * Answers every failure with the OCTO envelope `{ error, errorMessage, … }` and `Cache-Control: no-store`.
 *
 * The library uses it on its own controllers, and a host may use it on its other OCTO routes. An unexpected error is
 * logged with its stack, but without the credentials of URLs. The client gets `INTERNAL_SERVER_ERROR` and no part of
 * the error's text.
 */
@Catch()
export class OctoExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(LOG_CONTEXT);

  /**
   * @param statuses HTTP statuses by error code. Default: 403 for FORBIDDEN, 500 for INTERNAL_SERVER_ERROR, 400 for all
   * others
   */
  constructor(private readonly statuses: OctoStatusMap = {}) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const error = this.toOctoError(exception);
    const response = host.switchToHttp().getResponse<JsonResponse>();
    forbidStoring(response);
    response.status(octoStatus(error.code, this.statuses)).json(error.getResponse());
  }

  private toOctoError(exception: unknown): OctoError {
    const refused = refusedRequest(exception);
    if (refused !== null) return refused;
    this.logger.error(
      redactUrls(exception instanceof Error ? (exception.stack ?? exception.message) : String(exception)),
    );
    return new OctoError('INTERNAL_SERVER_ERROR', 'The request could not be processed. The fault has been logged.');
  }
}
