import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { OctoRequest, OctoResponse } from './octo-request.js';

/** Tells the client which capabilities were in force, and the language of the texts. */
@Injectable()
export class OctoHeadersInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const response = http.getResponse<OctoResponse>();
    response.setHeader('Octo-Capabilities', (http.getRequest<OctoRequest>().octoCapabilities ?? []).join(', '));
    // Webhooks have no content in any language; what is left are this library's own texts.
    response.setHeader('Content-Language', 'en');
    return next.handle();
  }
}
