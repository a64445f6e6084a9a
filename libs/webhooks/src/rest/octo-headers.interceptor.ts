import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import { headerOf, type OctoRequest, type OctoResponse } from './octo-request.js';

/** Webhooks have no content in any language; what is left are this library's own texts. */
const LANGUAGE = 'en';

/** Tells the client which capabilities and which mode were in force, and the language of the texts. */
@Injectable()
export class OctoHeadersInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const request = http.getRequest<OctoRequest>();
    const response = http.getResponse<OctoResponse>();
    response.setHeader('Octo-Capabilities', (request.octoCapabilities ?? []).join(', '));
    response.setHeader('Content-Language', LANGUAGE);
    response.setHeader('Octo-Available-Languages', LANGUAGE);
    // A webhook is the same in both modes: it is the bookings that are tests or not.
    response.setHeader('Octo-Env', headerOf(request, 'octo-env') === 'test' ? 'test' : 'live');
    return next.handle();
  }
}
