import { Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import { webhookEntities, WebhooksModule, WEBHOOK_MIGRATIONS } from 'nestjs-octo-webhooks';
import { Booking, CreateBookings1700000000000 } from './booking.entity.js';
import { BookingsController } from './bookings.controller.js';
import { connect } from './database.js';
import { PlatformWebhooksHost } from './platform-webhooks.host.js';

// #region module
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      useFactory: async () => ({
        ...(await connect()), // yours, such as { type: 'mysql', url: process.env.DATABASE_URL }
        entities: [Booking, ...webhookEntities('postgres')], // 'mysql', 'mariadb' or 'postgres'
        migrations: [CreateBookings1700000000000, ...WEBHOOK_MIGRATIONS],
        migrationsRun: true,
      }),
    }),
    ScheduleModule.forRoot(),
    WebhooksModule.forRoot({
      host: PlatformWebhooksHost,
      isGlobal: true,
      // Receivers on your own machine, over http too
      request:
        process.env['NODE_ENV'] === 'production' ? {} : { allowPrivateAddresses: true, schemes: ['https', 'http'] },
    }),
  ],
  controllers: [BookingsController],
})
export class AppModule {}
// #endregion module
