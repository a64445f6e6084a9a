import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AccountsService } from './accounts.service.js';
import { BearerGuard } from './bearer.guard.js';
import { CapabilitiesController } from './capabilities.controller.js';
import { ConnectionEntity } from './connection.entity.js';
import { SupplierController } from './supplier.controller.js';
import { SupplierEntity } from './supplier.entity.js';

/** Suppliers, resellers' connections and their keys. */
@Module({
  imports: [TypeOrmModule.forFeature([SupplierEntity, ConnectionEntity])],
  controllers: [SupplierController, CapabilitiesController],
  providers: [AccountsService, BearerGuard],
  exports: [AccountsService, BearerGuard],
})
export class AccountsModule {}
