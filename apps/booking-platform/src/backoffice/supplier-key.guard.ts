import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import { AccountsService } from '../accounts/accounts.service.js';
import { bearerKey } from '../accounts/api-key.js';

interface BackofficeRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Set by the guard. */
  supplierId?: string;
}

/** Accepts only a supplier's own key. The keys of its resellers are not valid in the back office. */
@Injectable()
export class SupplierKeyGuard implements CanActivate {
  constructor(private readonly accounts: AccountsService) {}

  async canActivate(execution: ExecutionContext): Promise<boolean> {
    const request = execution.switchToHttp().getRequest<BackofficeRequest>();
    const authorization = [request.headers['authorization']].flat()[0];
    if (authorization === undefined || bearerKey(authorization) === null) {
      throw new OctoError(
        'UNAUTHORIZED',
        'The key is missing. Send the header "Authorization: Bearer <supplier key>".',
      );
    }
    const supplierId = await this.accounts.supplierIdOf(authorization);
    if (supplierId === null) throw new OctoError('FORBIDDEN', "The key is not a supplier's key, or no longer valid.");
    request.supplierId = supplierId;
    return true;
  }
}

/** Passes the id of the calling supplier to a controller's method. */
export const CallingSupplier = createParamDecorator((_data: unknown, execution: ExecutionContext): string => {
  const { supplierId } = execution.switchToHttp().getRequest<BackofficeRequest>();
  if (supplierId === undefined) throw new Error('@CallingSupplier() needs a controller with the SupplierKeyGuard.');
  return supplierId;
});
