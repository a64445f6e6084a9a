import { Injectable, Module } from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  OctoError,
  WebhookEmitter,
  webhookEntities,
  WebhooksHost,
  WebhooksModule,
  WEBHOOK_MIGRATIONS,
  type OctoConnection,
  type TriggerMatch,
  type ResourceSnapshot,
} from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { Booking, CreateBookings1700000000000, findByKey, suppliers, toOctoBooking } from './your-platform.js';

// #region port
/** What the library asks of your platform. */
@Injectable()
export class PlatformWebhooksHost extends WebhooksHost {
  async connectionOf(authorization: string): Promise<OctoConnection | null> {
    return findByKey(authorization); // { id, supplierId, capabilities }, or null
  }

  async supplier(supplierId: string) {
    return suppliers[supplierId] ?? { id: supplierId, name: 'Unknown' };
  }

  async serialize({ state }: ResourceSnapshot, view: { capabilities: readonly string[] }) {
    return toOctoBooking(state, view.capabilities); // what GET /bookings/{uuid} answers
  }

  async findForTrigger(): Promise<TriggerMatch[]> {
    throw new OctoError('UNPROCESSABLE_ENTITY', 'This platform triggers nothing yet.');
  }
}
// #endregion port

// #region emit
@Injectable()
export class BookingsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly webhooks: WebhookEmitter,
  ) {}

  async confirm(uuid: string): Promise<Booking> {
    return this.dataSource.transaction(async (manager) => {
      const booking = await manager.findOneByOrFail(Booking, { uuid });
      const before = booking.toState();
      booking.status = 'CONFIRMED';
      await manager.save(booking);
      await this.webhooks.emit(
        {
          event: 'booking_update',
          supplierId: booking.supplierId,
          connectionIds: [booking.connectionId], // nobody else hears of it
          resourceId: uuid,
          before,
          after: booking.toState(),
        },
        { manager }, // commits, or rolls back, with the booking
      );
      return booking;
    });
  }
}
// #endregion emit

// #region module
@Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'mysql',
      url: process.env['DATABASE_URL'] ?? 'mysql://root@127.0.0.1:3306/bookings',
      entities: [Booking, ...webhookEntities('mysql')],
      migrations: [CreateBookings1700000000000, ...WEBHOOK_MIGRATIONS],
      migrationsRun: true,
    }),
    ScheduleModule.forRoot(),
    WebhooksModule.forRoot({ host: PlatformWebhooksHost, isGlobal: true }),
  ],
  providers: [BookingsService],
})
export class AppModule {}
// #endregion module
