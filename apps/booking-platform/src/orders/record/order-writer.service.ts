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
 * Writes orders, and emits the platform's own events in the same transaction. No other class writes order rows.
 *
 * Before a booking is changed, its order must be locked. That lock protects all of the order's bookings.
 */
@Injectable()
export class OrderWriter {
  constructor(private readonly events: EventEmitter2) {}

  /** Reads an order, and locks it and its bookings until the transaction ends. */
  lock(manager: EntityManager, id: string): Promise<OrderEntity | null> {
    return manager.findOne(OrderEntity, { where: { id }, lock: { mode: 'pessimistic_write' } });
  }

  /** The bookings of the order, in the sequence of its list. */
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
   * Changes bookings of a locked order, its own fields, or both, and updates the order. It emits one event, and only if
   * the order has changed.
   *
   * @param order null for bookings without an order. Then only the change is made
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

  /** Waits for the listeners, because their writes belong to the transaction and their failure must roll it back. */
  private async announce(manager: EntityManager, name: string, change: OrderChanged): Promise<void> {
    await this.events.emitAsync(name, change, { manager });
  }
}
