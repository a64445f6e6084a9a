import { Injectable } from '@nestjs/common';
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import type { EntityManager } from 'typeorm';
import { BookingEntity } from './model/booking.entity.js';
import { bookingState } from './model/booking.snapshot.js';
import type { BookingState } from './model/booking.state.js';

/**
 * Writes bookings, and tells the connection's webhooks in the same transaction: a change and its event are both there or
 * both not. The only writer of booking rows.
 */
@Injectable()
export class BookingWriter {
  constructor(private readonly webhooks: WebhookEmitter) {}

  /** Reads a booking and keeps others from changing it until the transaction ends. */
  lock(manager: EntityManager, uuid: string): Promise<BookingEntity | null> {
    return manager.findOne(BookingEntity, { where: { uuid }, lock: { mode: 'pessimistic_write' } });
  }

  /** Stores a new booking. */
  async insert(manager: EntityManager, booking: BookingEntity, now: Date): Promise<BookingState> {
    await manager.insert(BookingEntity, booking);
    return this.announce(manager, booking, null, bookingState(booking, now));
  }

  /**
   * Changes a locked booking. If nothing is different afterwards, nothing is written and nobody is told.
   *
   * @param alter sets the entity's fields
   */
  async change(
    manager: EntityManager,
    booking: BookingEntity,
    now: Date,
    alter: () => Promise<void> | void,
  ): Promise<BookingState> {
    const before = bookingState(booking, now);
    await alter();
    if (JSON.stringify(bookingState(booking, now)) === JSON.stringify(before)) return before;
    booking.utcUpdatedAt = now.toISOString();
    await manager.save(booking);
    return this.announce(manager, booking, before, bookingState(booking, now));
  }

  private async announce(
    manager: EntityManager,
    { supplierId, connectionId, uuid }: BookingEntity,
    before: BookingState | null,
    after: BookingState,
  ): Promise<BookingState> {
    await this.webhooks.emit(
      { event: 'booking_update', supplierId, resourceId: uuid, connectionIds: [connectionId], before, after },
      { manager },
    );
    return after;
  }
}
