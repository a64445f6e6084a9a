import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { OctoError, appliedCapabilities, requestedCapabilities } from 'nestjs-octo-webhooks';
import type { Observable } from 'rxjs';
import { LANGUAGES, negotiateLanguage } from './languages.js';
import type { OctoContext, OctoRequest } from './octo-context.js';

interface HeaderResponse {
  setHeader(name: string, value: string): unknown;
}

/**
 * Reads OCTO's request headers, and sets the corresponding response headers. It runs after the guard that authenticates
 * the caller and before the body is validated, so that errors have these headers, too.
 */
@Injectable()
export class OctoContextInterceptor implements NestInterceptor {
  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = execution.switchToHttp();
    const request = http.getRequest<OctoRequest>();
    const context = readContext(request);
    request.octoContext = context;
    const response = http.getResponse<HeaderResponse>();
    response.setHeader('Octo-Capabilities', context.view.capabilities.join(', '));
    response.setHeader('Octo-Env', context.testMode ? 'test' : 'live');
    response.setHeader('Content-Language', context.view.language ?? LANGUAGES[0]);
    response.setHeader('Octo-Available-Languages', LANGUAGES.join(', '));
    return next.handle();
  }
}

function readContext({ headers, octoConnection }: OctoRequest): OctoContext {
  if (octoConnection === undefined) throw new Error('An OCTO endpoint needs the BearerGuard.');
  return {
    connection: octoConnection,
    view: {
      capabilities: appliedCapabilities(requestedCapabilities(headers), octoConnection.capabilities),
      language: negotiateLanguage(single(headers['accept-language'])),
    },
    testMode: readTestMode(single(headers['octo-env'])),
  };
}

function readTestMode(env: string | undefined): boolean {
  if (env === undefined || env === 'live') return false;
  if (env === 'test') return true;
  throw new OctoError('BAD_REQUEST', `The header Octo-Env is "${env}"; allowed are "test" and "live".`);
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
