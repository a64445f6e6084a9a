import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import { redactUrls } from '../secrets/redaction.js';
import { OctoError, octoStatus, type OctoStatusMap } from '../octo/octo-error.js';
import { refusedRequest } from './refused-request.js';
import { LOG_CONTEXT } from '../webhooks.names.js';

/** What the filter needs of Express's response. */
interface JsonResponse {
  status(code: number): JsonResponse;
  json(body: unknown): unknown;
}

/**
 * Answers every failure with the OCTO envelope `{ error, errorMessage, … }`.
 *
 * The library puts it on its own controllers; a host may use it for its other OCTO routes too. An unexpected error
 * is logged with its stack, without the credentials of URLs in it, and answered with `INTERNAL_SERVER_ERROR`, without a word of its text.
 */
@Catch()
export class OctoExceptionFilter implements ExceptionFilter {
  private readonly logger = new Logger(LOG_CONTEXT);

  /** @param statuses HTTP statuses that replace the default of their code. Default: 400, 403 for FORBIDDEN, 500 for faults */
  constructor(private readonly statuses: OctoStatusMap = {}) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const error = this.toOctoError(exception);
    const response = host.switchToHttp().getResponse<JsonResponse>();
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
