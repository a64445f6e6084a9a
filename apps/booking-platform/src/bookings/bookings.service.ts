import { Injectable } from '@nestjs/common';
import type { OctoConnection } from 'nestjs-octo-webhooks';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { Clock } from '../clock.js';
import { OrderWriter } from '../orders/record/order-writer.service.js';
import { BookingWriter } from './booking-writer.service.js';
import type { CancelBookingDto, ExtendBookingDto } from './dto/booking-actions.dto.js';
import type { ConfirmBookingDto, UpdateBookingDto } from './dto/update-booking.dto.js';
import { applyDetails } from './model/booking-details.js';
import { cancelBooking, confirmBooking } from './model/booking-steps.js';
import type { BookingEntity } from './model/booking.entity.js';
import { holdExpiry, requireStatus, unknownBooking } from './model/booking.rules.js';
import type { BookingState, BookingStatus } from './model/booking.state.js';
import { applyTerms, BookingTermsService } from './terms/booking-terms.service.js';

/**
 * The operations of a reseller on its bookings. Each method is one transaction for booking, order, places and events.
 */
@Injectable()
export class BookingsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly terms: BookingTermsService,
    private readonly writer: BookingWriter,
    private readonly orders: OrderWriter,
    private readonly clock: Clock,
  ) {}

  /** Changes a hold or a confirmed booking. */
  update(connection: OctoConnection, uuid: string, request: UpdateBookingDto): Promise<BookingState> {
    return this.change(connection, uuid, ['ON_HOLD', 'CONFIRMED'], 'changed', async (booking, manager, now) => {
      applyTerms(booking, await this.terms.change(manager, booking, request, now));
      applyDetails(booking, request);
      const minutes = request.expirationMinutes ?? null;
      if (minutes === null) return;
      requireStatus(booking, ['ON_HOLD'], 'given another expiry', now);
      booking.utcExpiresAt = holdExpiry(now, minutes);
    });
  }

  /** Turns a hold into a sale. */
  confirm(connection: OctoConnection, uuid: string, request: ConfirmBookingDto): Promise<BookingState> {
    return this.change(connection, uuid, ['ON_HOLD'], 'confirmed', async (booking, manager, now) => {
      applyTerms(booking, await this.terms.change(manager, booking, request, now));
      applyDetails(booking, request);
      confirmBooking(booking, now);
    });
  }

  /** Gives a hold more time, counted from now. */
  extend(connection: OctoConnection, uuid: string, request: ExtendBookingDto): Promise<BookingState> {
    return this.change(connection, uuid, ['ON_HOLD'], 'extended', (booking, _manager, now) => {
      booking.utcExpiresAt = holdExpiry(now, request.expirationMinutes);
    });
  }

  /** Gives the places back. */
  cancel(connection: OctoConnection, uuid: string, request: CancelBookingDto): Promise<BookingState> {
    return this.change(connection, uuid, ['ON_HOLD', 'CONFIRMED'], 'cancelled', async (booking, manager, now) => {
      cancelBooking(booking, request.reason, now);
      await this.terms.release(manager, booking.supplierId, [booking], now);
    });
  }

  private change(
    connection: OctoConnection,
    uuid: string,
    allowed: readonly BookingStatus[],
    action: string,
    alter: (booking: BookingEntity, manager: EntityManager, now: Date) => Promise<void> | void,
  ): Promise<BookingState> {
    return this.dataSource.transaction(async (manager) => {
      const locked = isUuid(uuid) ? await this.writer.lock(manager, uuid.toLowerCase()) : null;
      if (locked === null || locked.booking.connectionId !== connection.id) throw unknownBooking(uuid);
      const { booking, order } = locked;
      const now = this.clock.now();
      requireStatus(booking, allowed, action, now);
      return this.orders.track(manager, order, now, () =>
        this.writer.change(manager, booking, now, () => alter(booking, manager, now)),
      );
    });
  }
}
