import { Injectable } from '@nestjs/common';
import { EmitWebhook, type EmitCall } from 'nestjs-octo-webhooks';
import type { EntityManager } from 'typeorm';
import type { OrderEntity } from '../orders/record/order.entity.js';
import { OrderWriter } from '../orders/record/order-writer.service.js';
import { BookingEntity } from './model/booking.entity.js';
import { bookingState } from './model/booking.snapshot.js';
import type { BookingState } from './model/booking.state.js';
import { phoneOf } from './model/contact.js';

/** A booking that only this transaction can change, and its order. */
export interface LockedBooking {
  readonly booking: BookingEntity;
  readonly order: OrderEntity | null;
}

type WritingCall = EmitCall<BookingState, [manager: EntityManager, booking: BookingEntity, ...unknown[]]>;

/** How the writing methods emit: in the transaction of their manager, only to the booking's connection. */
const BOOKING_UPDATE = {
  event: 'booking_update',
  supplierId: ({ args: [, booking] }: WritingCall) => booking.supplierId,
  resourceId: ({ result }: WritingCall) => result.uuid,
  connectionIds: ({ args: [, booking] }: WritingCall) => [booking.connectionId] as const,
  manager: ({ args: [manager] }: WritingCall) => manager,
} as const;

/**
 * Writes bookings, and emits their events in the same transaction, so that a change and its event are committed
 * together or not at all. No other class writes booking rows.
 *
 * The caller must update the booking's order with `OrderWriter.track`, once for all bookings that it changes.
 */
@Injectable()
export class BookingWriter {
  constructor(private readonly orders: OrderWriter) {}

  /**
   * Reads a booking and locks it until the transaction ends. All code takes locks in the same sequence: the order, its
   * booking, the departures.
   */
  async lock(manager: EntityManager, uuid: string): Promise<LockedBooking | null> {
    // A booking never changes its order, so it can be read before any lock.
    const found = await manager.findOne(BookingEntity, { select: { uuid: true, orderId: true }, where: { uuid } });
    if (found === null) return null;
    const order = found.orderId === null ? null : await this.orders.lock(manager, found.orderId);
    const booking = await manager.findOneOrFail(BookingEntity, {
      where: { uuid },
      lock: { mode: 'pessimistic_write' },
    });
    return { booking, order };
  }

  /** Stores a new booking. */
  @EmitWebhook({ ...BOOKING_UPDATE, before: null })
  async insert(manager: EntityManager, booking: BookingEntity, now: Date): Promise<BookingState> {
    booking.phoneNumber = phoneOf(booking.contact);
    await manager.insert(BookingEntity, booking);
    return bookingState(booking, now);
  }

  /**
   * Changes a locked booking. If nothing changes, nothing is written and no event is emitted.
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
    return this.update(manager, booking, now, before);
  }

  @EmitWebhook({ ...BOOKING_UPDATE, before: ({ args: [, , , before] }) => before })
  private async update(
    manager: EntityManager,
    booking: BookingEntity,
    now: Date,
    _before: BookingState,
  ): Promise<BookingState> {
    booking.phoneNumber = phoneOf(booking.contact);
    booking.utcUpdatedAt = now.toISOString();
    await manager.save(booking);
    return bookingState(booking, now);
  }
}
