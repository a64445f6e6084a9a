import type { CallHandler, ExecutionContext, NestInterceptor } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import type { Observable } from 'rxjs';
import type { OctoRequest } from './octo-context.js';

/** Refuses requests that do not ask for a capability, or whose key may not use it. It runs after `OctoContextInterceptor`. */
export class RequiredCapabilityInterceptor implements NestInterceptor {
  constructor(private readonly capability: string) {}

  intercept(execution: ExecutionContext, next: CallHandler): Observable<unknown> {
    const { octoContext } = execution.switchToHttp().getRequest<OctoRequest>();
    const applied = octoContext?.view.capabilities ?? [];
    if (applied.includes(this.capability)) return next.handle();
    throw new OctoError(
      'BAD_REQUEST',
      `This route belongs to the capability ${this.capability}. Send it in the header Octo-Capabilities, with a key ` +
        `that may use it; applied to this request: ${applied.join(', ') || 'none'}.`,
    );
  }
}
