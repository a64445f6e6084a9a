import { Injectable } from '@nestjs/common';
import type { GuestTriggerQuery, OctoConnection } from 'nestjs-octo-webhooks';
import { DataSource, In, type EntityManager, type FindOptionsWhere } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { BookingEntity } from '../bookings/model/booking.entity.js';
import { searchablePhone } from '../bookings/model/contact.js';
import { Clock } from '../clock.js';
import { OrderEntity } from './record/order.entity.js';
import { unknownOrder } from './record/order.rules.js';
import { orderState, type OrderState } from './record/order.state.js';

/** The most orders that a search returns. There is no paging, and a phone number may have any number of orders. */
const MOST_FOUND = 100;

/** Finds the orders of a connection. */
@Injectable()
export class OrdersReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** @throws OctoError INVALID_ORDER_ID when the connection has no such order */
  async one({ id: connectionId }: OctoConnection, orderId: string): Promise<OrderState> {
    const where = { id: orderId.toLowerCase(), connectionId };
    const [state] = isUuid(orderId) ? await this.states([where]) : [];
    if (state === undefined) throw unknownOrder(orderId);
    return state;
  }

  /** The newest orders of some connections with a reference (or id), a phone number, or both. */
  async search({ supplierId, connectionIds, reference, mobile }: GuestTriggerQuery): Promise<OrderState[]> {
    if (reference === undefined && mobile === undefined) return [];
    const shared: FindOptionsWhere<OrderEntity> = {
      supplierId,
      connectionId: In(connectionIds),
      ...(mobile === undefined ? {} : { phoneNumber: searchablePhone(mobile) }),
    };
    const alternatives =
      reference === undefined ? [{}] : [{ supplierReference: reference }, { id: reference.toLowerCase() }];
    return this.states(alternatives.map((alternative) => ({ ...shared, ...alternative })));
  }

  private states(where: FindOptionsWhere<OrderEntity>[]): Promise<OrderState[]> {
    // One snapshot for both reads. An order must not be combined with bookings of a later state.
    return this.dataSource.transaction('REPEATABLE READ', async (manager) => {
      const orders = await manager.find(OrderEntity, {
        where,
        order: { utcCreatedAt: 'DESC', id: 'ASC' },
        take: MOST_FOUND,
      });
      const bookings = await bookingsOf(manager, orders);
      const now = this.clock.now();
      return orders.map((order) => orderState(order, bookings, now));
    });
  }
}

function bookingsOf(manager: EntityManager, orders: readonly OrderEntity[]): Promise<BookingEntity[]> {
  return manager.findBy(BookingEntity, { uuid: In(orders.flatMap(({ bookingUuids }) => bookingUuids)) });
}
