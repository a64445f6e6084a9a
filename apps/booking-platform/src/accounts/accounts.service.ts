import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import type { JsonObject, OctoConnection } from 'nestjs-octo-webhooks';
import type { Repository } from 'typeorm';
import { bearerKey, hashOfKey } from './api-key.js';
import { ConnectionEntity } from './connection.entity.js';
import { SupplierEntity } from './supplier.entity.js';

/** Finds suppliers, and the connections of their resellers. */
@Injectable()
export class AccountsService {
  constructor(
    @InjectRepository(ConnectionEntity) private readonly connections: Repository<ConnectionEntity>,
    @InjectRepository(SupplierEntity) private readonly suppliers: Repository<SupplierEntity>,
  ) {}

  /** The connection whose key is in an `Authorization` header; null when there is none with that key. */
  async connectionOf(authorization: string): Promise<OctoConnection | null> {
    const key = bearerKey(authorization);
    if (key === null) return null;
    const entity = await this.connections.findOneBy({ keyHash: hashOfKey(key) });
    return entity === null ? null : { id: entity.id, supplierId: entity.supplierId, capabilities: entity.capabilities };
  }

  /** The supplier whose own key is in an `Authorization` header; null when there is none with that key. */
  async supplierIdOf(authorization: string): Promise<string | null> {
    const key = bearerKey(authorization);
    if (key === null) return null;
    const entity = await this.suppliers.findOneBy({ keyHash: hashOfKey(key) });
    return entity?.id ?? null;
  }

  /** The OCTO supplier object. */
  async supplier(supplierId: string): Promise<JsonObject> {
    const { id, name, details } = await this.suppliers.findOneByOrFail({ id: supplierId });
    return { id, name, ...details };
  }
}
