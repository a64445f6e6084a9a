import { Get, UseGuards } from '@nestjs/common';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { Octo, type OctoContext } from '../octo/octo-context.js';
import { OctoController } from '../octo/octo-controller.decorator.js';
import { AccountsService } from './accounts.service.js';
import { BearerGuard } from './bearer.guard.js';

/** `GET /octo/supplier`: the supplier to whom the key belongs. */
@OctoController('supplier')
@UseGuards(BearerGuard)
export class SupplierController {
  constructor(private readonly accounts: AccountsService) {}

  @Get()
  get(@Octo() { connection }: OctoContext): Promise<JsonObject> {
    return this.accounts.supplier(connection.supplierId);
  }
}
