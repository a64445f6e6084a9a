import { Injectable } from '@nestjs/common';
import { OctoError, type OctoConnection } from 'nestjs-octo-webhooks';
import { DataSource, type EntityManager } from 'typeorm';
import { v4 as randomUuid } from 'uuid';
import { Clock } from '../clock.js';
import { isDuplicateKey } from '../database/duplicate-key.js';
import type { OctoContext } from '../octo/octo-context.js';
import type { OrderEntity } from '../orders/record/order.entity.js';
import { requireOrderStatus, unknownOrder } from '../orders/record/order.rules.js';
import { OrderWriter } from '../orders/record/order-writer.service.js';
import { BookingWriter } from './booking-writer.service.js';
import type { CreateBookingDto } from './dto/create-booking.dto.js';
import { applyDetails } from './model/booking-details.js';
import { BookingEntity } from './model/booking.entity.js';
import { holdExpiry } from './model/booking.rules.js';
import { bookingState } from './model/booking.snapshot.js';
import type { BookingState } from './model/booking.state.js';
import { unknownContact } from './model/contact.js';
import { newSupplierReference } from './model/supplier-reference.js';
import { applyTerms, BookingTermsService } from './terms/booking-terms.service.js';

/** More would make the order's events too large, because each contains all bookings. */
const MAX_BOOKINGS_IN_ORDER = 50;

/** Creates bookings, as holds on places, alone or in an order. */
@Injectable()
export class BookingOpener {
  constructor(
    private readonly dataSource: DataSource,
    private readonly terms: BookingTermsService,
    private readonly writer: BookingWriter,
    private readonly orders: OrderWriter,
    private readonly clock: Clock,
  ) {}

  /**
   * Holds places. A request that repeats the uuid of a booking changes nothing and returns the booking as it is now, so
   * that a client may send a request again whose answer it did not get.
   *
   * @throws OctoError INVALID_BOOKING_UUID when the uuid is that of another connection's booking, INVALID_ORDER_ID when there is no
   * such order, or it takes no more bookings
   */
  async create(context: OctoContext, request: CreateBookingDto): Promise<BookingState> {
    const uuid = (request.uuid ?? randomUuid()).toLowerCase();
    const attempt = (): Promise<BookingState> =>
      this.dataSource.transaction(async (manager) => {
        const existing = await manager.findOneBy(BookingEntity, { uuid });
        return existing === null
          ? this.open(manager, uuid, context, request)
          : this.repeated(existing, context.connection);
      });
    try {
      return await attempt();
    } catch (error) {
      // There were two requests with the same uuid at once, or the same random reference twice. A second attempt
      // resolves both.
      if (isDuplicateKey(error)) return attempt();
      throw error;
    }
  }

  private async open(
    manager: EntityManager,
    uuid: string,
    { connection, testMode }: OctoContext,
    request: CreateBookingDto,
  ): Promise<BookingState> {
    const orderId = request.orderId?.toLowerCase() ?? null;
    const order = orderId === null ? null : await this.lockOpenOrder(manager, connection, orderId);
    const now = this.clock.now();
    return this.orders.track(manager, order, now, async () => {
      const supplierReference = newSupplierReference();
      const terms = await this.terms.open(manager, connection.supplierId, supplierReference, request, now);
      const booking = Object.assign(new BookingEntity(), {
        uuid,
        connectionId: connection.id,
        supplierId: connection.supplierId,
        status: 'ON_HOLD' as const,
        testMode,
        resellerReference: null,
        supplierReference,
        contact: unknownContact(),
        notes: null,
        cancellation: null,
        utcCreatedAt: now.toISOString(),
        utcUpdatedAt: now.toISOString(),
        utcExpiresAt: holdExpiry(now, request.expirationMinutes),
        utcConfirmedAt: null,
        orderId: order?.id ?? null,
        orderReference: order?.supplierReference ?? null,
        primaryInOrder: order?.bookingUuids.length === 0,
      });
      applyTerms(booking, terms);
      applyDetails(booking, request);
      if (order !== null) order.bookingUuids = [...order.bookingUuids, uuid];
      return this.writer.insert(manager, booking, now);
    });
  }

  private async lockOpenOrder(
    manager: EntityManager,
    connection: OctoConnection,
    orderId: string,
  ): Promise<OrderEntity> {
    const order = await this.orders.lock(manager, orderId);
    if (order === null || order.connectionId !== connection.id) throw unknownOrder(orderId);
    requireOrderStatus(order, ['ON_HOLD'], 'given more bookings', this.clock.now(), 'INVALID_ORDER_ID');
    if (order.bookingUuids.length < MAX_BOOKINGS_IN_ORDER) return order;
    throw new OctoError(
      'UNPROCESSABLE_ENTITY',
      `The order "${orderId}" has ${order.bookingUuids.length} bookings; no more than ${MAX_BOOKINGS_IN_ORDER} are allowed.`,
      { orderId },
    );
  }

  /** @throws OctoError INVALID_BOOKING_UUID for the uuid of another connection's booking */
  private repeated(booking: BookingEntity, connection: OctoConnection): BookingState {
    const { uuid } = booking;
    if (booking.connectionId === connection.id) return bookingState(booking, this.clock.now());
    throw new OctoError('INVALID_BOOKING_UUID', `The uuid "${uuid}" is in use; send another one, or none.`, { uuid });
  }
}
