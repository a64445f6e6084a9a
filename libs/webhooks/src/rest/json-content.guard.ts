import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { OctoError } from '../octo/octo-error.js';
import { headerOf, type OctoRequest } from './octo-request.js';

/** Says so when a body is not JSON: it would else look like a body in which every field is missing. */
@Injectable()
export class JsonContentGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<OctoRequest>();
    const hasBody =
      headerOf(request, 'transfer-encoding') !== undefined || Number(headerOf(request, 'content-length') ?? 0) > 0;
    const type = headerOf(request, 'content-type') ?? 'none';
    if (!hasBody || /^application\/json\s*(;|$)/i.test(type)) return true;
    throw new OctoError(
      'BAD_REQUEST',
      `The header Content-Type is ${JSON.stringify(type)}, but must be application/json.`,
    );
  }
}
