import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import type { Observable } from 'rxjs';
import type { OctoRequest } from './connection.guard.js';

/** Tells the client which capabilities were in force. */
@Injectable()
export class CapabilitiesInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const http = context.switchToHttp();
    const caller = http.getRequest<OctoRequest>().octoCaller;
    const response = http.getResponse<{ setHeader(name: string, value: string): void }>();
    response.setHeader('Octo-Capabilities', (caller?.capabilities ?? []).join(', '));
    return next.handle();
  }
}
