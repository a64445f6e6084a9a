import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import type { OctoRequest } from '../octo/octo-context.js';
import { AccountsService } from './accounts.service.js';
import { bearerKey } from './api-key.js';

/** Accepts only requests with a known key, and sets the key's connection on them. */
@Injectable()
export class BearerGuard implements CanActivate {
  constructor(private readonly accounts: AccountsService) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<OctoRequest>();
    const authorization = [request.headers['authorization']].flat()[0];
    if (authorization === undefined || bearerKey(authorization) === null) {
      throw new OctoError('UNAUTHORIZED', 'The API key is missing. Send the header "Authorization: Bearer <key>".');
    }
    const connection = await this.accounts.connectionOf(authorization);
    if (connection === null) throw new OctoError('FORBIDDEN', 'The API key is not known, or no longer valid.');
    request.octoConnection = connection;
    return true;
  }
}
