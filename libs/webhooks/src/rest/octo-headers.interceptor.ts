import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { forbidStoring, headerOf, type OctoRequest, type OctoResponse } from './octo-request.js';

/** Webhooks have no translated content. Only the library's own texts have a language. */
const LANGUAGE = 'en';

/** Sets response headers for the capabilities and the mode in force, and for the language of the texts. */
@Injectable()
export class OctoHeadersInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<OctoRequest>();
    const response = http.getResponse<OctoResponse>();
    forbidStoring(response);
    response.setHeader('Octo-Capabilities', (request.octoCapabilities ?? []).join(', '));
    response.setHeader('Content-Language', LANGUAGE);
    response.setHeader('Octo-Available-Languages', LANGUAGE);
    // A webhook is the same in both modes. Only bookings are tests or not.
    response.setHeader('Octo-Env', headerOf(request, 'octo-env') === 'test' ? 'test' : 'live');
    return next.handle();
  }
}
