import { Controller, Param, Post } from '@nestjs/common';
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { Booking } from './booking.entity.js';

// #region emit
@Controller('bookings')
export class BookingsController {
  constructor(
    private readonly dataSource: DataSource,
    private readonly webhooks: WebhookEmitter,
  ) {}

  @Post(':uuid/confirm')
  async confirm(@Param('uuid') uuid: string): Promise<Booking> {
    return this.dataSource.transaction(async (manager) => {
      const booking = await manager.findOneByOrFail(Booking, { uuid });
      const before = booking.toState();
      booking.status = 'CONFIRMED';
      await manager.save(booking);
      const { supplierId, connectionId } = booking;
      await this.webhooks.emit(
        {
          event: 'booking_update',
          supplierId,
          connectionIds: [connectionId], // no other connection receives it
          resourceId: uuid,
          before,
          after: booking.toState(),
        },
        { manager }, // commits or rolls back with the booking
      );
      return booking;
    });
  }
}
// #endregion emit
