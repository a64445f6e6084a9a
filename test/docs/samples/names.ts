import { webhookEntities, webhookMigrations } from 'nestjs-octo-webhooks';
import { Booking, CreateBookings1700000000000 } from './your-platform.js';

// #region names
const names = { tablePrefix: 'tours_' }; // tours_webhook, tours_webhook_event, …

/** For the options of `TypeOrmModule`. */
export const tables = {
  entities: [Booking, ...webhookEntities('postgres', names)],
  migrations: [CreateBookings1700000000000, ...webhookMigrations(names)], // WEBHOOK_MIGRATIONS have the default names
};
// #endregion names
