import { WEBHOOK_MIGRATIONS, webhookEntities } from 'nestjs-octo-webhooks';
import { ConnectionEntity } from './accounts/connection.entity.js';
import { SupplierEntity } from './accounts/supplier.entity.js';
import { SlotEntity } from './availability/places/slot.entity.js';
import { BookingEntity } from './bookings/model/booking.entity.js';
import { ProductEntity } from './catalogue/product.entity.js';
import { OrderEntity } from './orders/record/order.entity.js';
import type { DatabaseSchema } from './database/data-source-options.js';
import { CreatePlatformTables1764000100000 } from './database/migrations/1764000100000-create-platform-tables.js';

/** The platform's own tables and those of the webhooks library, side by side in one database. */
export function platformSchema(type: 'mysql' | 'mariadb' | 'postgres'): DatabaseSchema {
  return {
    entities: [
      SupplierEntity,
      ConnectionEntity,
      ProductEntity,
      SlotEntity,
      BookingEntity,
      OrderEntity,
      ...webhookEntities(type),
    ],
    migrations: [CreatePlatformTables1764000100000, ...WEBHOOK_MIGRATIONS],
  };
}
