import { Injectable } from '@nestjs/common';
import { EventEmitter2 } from '@nestjs/event-emitter';
import { In, type EntityManager } from 'typeorm';
import { BookingEntity } from '../../bookings/model/booking.entity.js';
import { phoneOf } from '../../bookings/model/contact.js';
import { ORDER_CHANGED, ORDER_OPENED, type OrderChanged } from './order.events.js';
import { OrderEntity } from './order.entity.js';
import { requireOneCurrency, settleOrder } from './order.rules.js';
import { orderState, type OrderState } from './order.state.js';

/**
 * Writes orders, and tells the rest of the platform in the same transaction. The only writer of order rows.
 *
 * Who changes a booking locks its order first: that lock guards all of the order's bookings.
 */
@Injectable()
export class OrderWriter {
  constructor(private readonly events: EventEmitter2) {}

  /** Reads an order and keeps others from changing it, and its bookings, until the transaction ends. */
  lock(manager: EntityManager, id: string): Promise<OrderEntity | null> {
    return manager.findOne(OrderEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The bookings on the order's list, in its order. */
  async bookings(manager: EntityManager, { bookingUuids }: OrderEntity): Promise<BookingEntity[]> {
    const bookings = await manager.findBy(BookingEntity, { uuid: In(bookingUuids) });
    return bookings.sort((a, b) => bookingUuids.indexOf(a.uuid) - bookingUuids.indexOf(b.uuid));
  }

  /** Stores a new order. */
  async insert(manager: EntityManager, order: OrderEntity, now: Date): Promise<OrderState> {
    order.phoneNumber = phoneOf(order.contact);
    await manager.insert(OrderEntity, order);
    const after = orderState(order, [], now);
    await this.announce(manager, ORDER_OPENED, { order, before: null, after });
    return after;
  }

  /**
   * Lets a locked order follow a change of its bookings, of its own fields, or both. It is told once, and only if it is
   * different afterwards.
   *
   * @param order null for bookings that are in no order: then only the change is made
   */
  async track<T>(
    manager: EntityManager,
    order: OrderEntity | null,
    now: Date,
    change: () => Promise<T> | T,
  ): Promise<T> {
    if (order === null) return change();
    const before = orderState(order, await this.bookings(manager, order), now);
    const result = await change();
    const bookings = await this.bookings(manager, order);
    requireOneCurrency(order, bookings);
    settleOrder(order, bookings, now);
    if (JSON.stringify(orderState(order, bookings, now)) === JSON.stringify(before)) return result;
    order.phoneNumber = phoneOf(order.contact);
    order.utcUpdatedAt = now.toISOString();
    await manager.save(order);
    await this.announce(manager, ORDER_CHANGED, { order, before, after: orderState(order, bookings, now) });
    return result;
  }

  /** Waits for whoever listens: what they write belongs to the transaction, and their failure rolls it back. */
  private async announce(manager: EntityManager, name: string, change: OrderChanged): Promise<void> {
    await this.events.emitAsync(name, change, { manager });
  }
}
