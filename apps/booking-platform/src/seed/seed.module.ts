import { Module, type OnModuleInit } from '@nestjs/common';
import { DataSource, type EntityManager, type EntityTarget } from 'typeorm';
import { ConnectionEntity } from '../accounts/connection.entity.js';
import { SupplierEntity } from '../accounts/supplier.entity.js';
import { ProductEntity } from '../catalogue/product.entity.js';
import { SEED_CONNECTIONS, SEED_SUPPLIERS, SUPPLIER_1, SUPPLIER_2 } from './accounts.seed.js';
import { HARBOUR_MUSEUM } from './harbour-museum.seed.js';
import { HARBOUR_WALK } from './harbour-walk.seed.js';
import { OLD_TOWN_TASTING } from './old-town-tasting.seed.js';
import { SKYLINE_BUS } from './skyline-bus.seed.js';

const SEED_PRODUCTS: ProductEntity[] = [
  { id: HARBOUR_WALK.id, supplierId: SUPPLIER_1, definition: HARBOUR_WALK },
  { id: HARBOUR_MUSEUM.id, supplierId: SUPPLIER_1, definition: HARBOUR_MUSEUM },
  { id: SKYLINE_BUS.id, supplierId: SUPPLIER_1, definition: SKYLINE_BUS },
  { id: OLD_TOWN_TASTING.id, supplierId: SUPPLIER_2, definition: OLD_TOWN_TASTING },
];

/** Inserts the example data at each start. Existing rows are not changed. */
@Module({})
export class SeedModule implements OnModuleInit {
  constructor(private readonly dataSource: DataSource) {}

  async onModuleInit(): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      await seed(manager, SupplierEntity, SEED_SUPPLIERS);
      await seed(manager, ConnectionEntity, SEED_CONNECTIONS);
      await seed(manager, ProductEntity, SEED_PRODUCTS);
    });
  }
}

/** Inserts rows without TypeORM's subscribers, because example data must not emit events. */
async function seed<Row extends object>(manager: EntityManager, entity: EntityTarget<Row>, rows: Row[]): Promise<void> {
  await manager.createQueryBuilder().insert().into(entity).values(rows).orIgnore().callListeners(false).execute();
}
