import { Injectable } from '@nestjs/common';
import { OctoError, type OctoConnection } from 'nestjs-octo-webhooks';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid, v4 as randomUuid } from 'uuid';
import { BookingWriter } from '../bookings/booking-writer.service.js';
import { cancelBooking, confirmBooking } from '../bookings/model/booking-steps.js';
import type { BookingEntity } from '../bookings/model/booking.entity.js';
import { holdExpiry, isLive, isOverdue } from '../bookings/model/booking.rules.js';
import type { BookingStatus } from '../bookings/model/booking.state.js';
import { fillContact, mergeContact, unknownContact } from '../bookings/model/contact.js';
import { newSupplierReference } from '../bookings/model/supplier-reference.js';
import { BookingTermsService } from '../bookings/terms/booking-terms.service.js';
import { Clock } from '../clock.js';
import { isDuplicateKey } from '../database/duplicate-key.js';
import type { OctoContext } from '../octo/octo-context.js';
import type { CancelOrderDto, ConfirmOrderDto, CreateOrderDto } from './dto/order.dto.js';
import { OrderEntity } from './record/order.entity.js';
import { requireOrderStatus, unknownOrder } from './record/order.rules.js';
import { orderState, type OrderState } from './record/order.state.js';
import { OrderWriter } from './record/order-writer.service.js';

/** An order that only this transaction can change, and its bookings. */
interface LockedOrder {
  readonly manager: EntityManager;
  readonly order: OrderEntity;
  readonly bookings: readonly BookingEntity[];
  readonly now: Date;
}

/**
 * The operations of a reseller on its orders. Each method is one transaction for order, bookings, places and events.
 */
@Injectable()
export class OrdersService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly orders: OrderWriter,
    private readonly bookings: BookingWriter,
    private readonly terms: BookingTermsService,
    private readonly clock: Clock,
  ) {}

  /** Opens an empty order. Bookings are added to it when they are made. */
  async create(context: OctoContext, request: CreateOrderDto): Promise<OrderState> {
    const attempt = (): Promise<OrderState> =>
      this.dataSource.transaction((manager) => this.open(manager, context, request));
    try {
      return await attempt();
    } catch (error) {
      // The same random reference was chosen twice.
      if (isDuplicateKey(error)) return attempt();
      throw error;
    }
  }

  /** Turns all holds of the order into sales, or none of them. */
  confirm(connection: OctoConnection, id: string, request: ConfirmOrderDto): Promise<OrderState> {
    return this.change(connection, id, ['ON_HOLD'], 'confirmed', async ({ manager, order, bookings, now }) => {
      const holds = bookings.filter((booking) => booking.status === 'ON_HOLD' && !isOverdue(booking, now));
      if (holds.length === 0) {
        throw new OctoError(
          'UNPROCESSABLE_ENTITY',
          `The order "${id}" has no booking on hold that could be confirmed; POST /bookings with its orderId adds one.`,
          { orderId: id },
        );
      }
      order.contact = mergeContact(order.contact, request.contact);
      for (const booking of holds) {
        await this.bookings.change(manager, booking, now, () => {
          booking.contact = fillContact(booking.contact, order.contact);
          confirmBooking(booking, now);
        });
      }
    });
  }

  /** Cancels all of the order's bookings and gives their places back, or none of them. */
  cancel(connection: OctoConnection, id: string, request: CancelOrderDto): Promise<OrderState> {
    const allowed = ['ON_HOLD', 'CONFIRMED'] as const;
    return this.change(connection, id, allowed, 'cancelled', async ({ manager, order, bookings, now }) => {
      const live = bookings.filter(isLive);
      for (const booking of live) {
        await this.bookings.change(manager, booking, now, () => cancelBooking(booking, request.reason, now));
      }
      await this.terms.release(manager, order.supplierId, live, now);
      order.status = 'CANCELLED';
      order.utcExpiresAt = null;
    });
  }

  private open(
    manager: EntityManager,
    { connection, testMode }: OctoContext,
    { contact, expirationMinutes }: CreateOrderDto,
  ): Promise<OrderState> {
    const now = this.clock.now();
    const order = Object.assign(new OrderEntity(), {
      id: randomUuid(),
      connectionId: connection.id,
      supplierId: connection.supplierId,
      status: 'ON_HOLD' as const,
      testMode,
      supplierReference: `ORD-${newSupplierReference()}`,
      contact: mergeContact(unknownContact(), contact),
      bookingUuids: [],
      utcCreatedAt: now.toISOString(),
      utcUpdatedAt: now.toISOString(),
      utcExpiresAt: holdExpiry(now, expirationMinutes),
      utcConfirmedAt: null,
    });
    return this.orders.insert(manager, order, now);
  }

  private change(
    connection: OctoConnection,
    id: string,
    allowed: readonly BookingStatus[],
    action: string,
    alter: (locked: LockedOrder) => Promise<void>,
  ): Promise<OrderState> {
    return this.dataSource.transaction(async (manager) => {
      const order = isUuid(id) ? await this.orders.lock(manager, id.toLowerCase()) : null;
      if (order === null || order.connectionId !== connection.id) throw unknownOrder(id);
      const now = this.clock.now();
      requireOrderStatus(order, allowed, action, now);
      const bookings = await this.orders.bookings(manager, order);
      await this.orders.track(manager, order, now, () => alter({ manager, order, bookings, now }));
      return orderState(order, bookings, now);
    });
  }
}
