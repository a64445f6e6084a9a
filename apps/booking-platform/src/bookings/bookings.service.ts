import { Injectable } from '@nestjs/common';
import { OctoError, type OctoConnection } from 'nestjs-octo-webhooks';
import { DataSource, type EntityManager } from 'typeorm';
import { validate as isUuid, v4 as randomUuid } from 'uuid';
import { Clock } from '../clock.js';
import { isDuplicateKey } from '../database/duplicate-key.js';
import type { OctoContext } from '../octo/octo-context.js';
import { applyDetails, requireContactFields } from './model/booking-details.js';
import { BookingWriter } from './booking-writer.service.js';
import { BookingEntity } from './model/booking.entity.js';
import { cancellationCutoff, holdExpiry, isCancellable, requireStatus, unknownBooking } from './model/booking.rules.js';
import type { BookingState, BookingStatus } from './model/booking.state.js';
import { unknownContact } from './model/contact.js';
import type { CancelBookingDto, ExtendBookingDto } from './dto/booking-actions.dto.js';
import type { CreateBookingDto } from './dto/create-booking.dto.js';
import type { ConfirmBookingDto, UpdateBookingDto } from './dto/update-booking.dto.js';
import { newSupplierReference } from './model/supplier-reference.js';
import { BookingTermsService, type BookingTerms } from './terms/booking-terms.service.js';

/** What a reseller can do with bookings. Each method is one transaction: booking, places and event. */
@Injectable()
export class BookingsService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly terms: BookingTermsService,
    private readonly writer: BookingWriter,
    private readonly clock: Clock,
  ) {}

  /**
   * Holds places. A request that repeats the uuid of a hold replaces what the hold is for.
   *
   * @throws OctoError INVALID_BOOKING_UUID when the uuid is that of another booking
   */
  async create(context: OctoContext, request: CreateBookingDto): Promise<BookingState> {
    const uuid = (request.uuid ?? randomUuid()).toLowerCase();
    const attempt = (): Promise<BookingState> =>
      this.dataSource.transaction(async (manager) => {
        const existing = await this.writer.lock(manager, uuid);
        return existing === null
          ? this.open(manager, uuid, context, request)
          : this.reopen(manager, existing, context.connection, request);
      });
    try {
      return await attempt();
    } catch (error) {
      // Two requests with the same uuid at once, or the same random reference twice: the second look settles both.
      if (isDuplicateKey(error)) return attempt();
      throw error;
    }
  }

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
      requireContactFields(booking);
      booking.status = 'CONFIRMED';
      booking.utcConfirmedAt = now.toISOString();
      booking.utcExpiresAt = null;
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
      if (!isCancellable(booking, now)) {
        throw new OctoError(
          'UNPROCESSABLE_ENTITY',
          `The booking "${uuid}" could be cancelled until ${cancellationCutoff(booking)}; now it is too late.`,
          { uuid },
        );
      }
      await this.terms.release(manager, booking);
      booking.cancellation = {
        refund: booking.status === 'CONFIRMED' ? 'FULL' : 'NONE',
        reason: request.reason ?? null,
        utcCancelledAt: now.toISOString(),
      };
      booking.status = 'CANCELLED';
      booking.utcExpiresAt = null;
    });
  }

  private async open(
    manager: EntityManager,
    uuid: string,
    { connection, testMode }: OctoContext,
    request: CreateBookingDto,
  ): Promise<BookingState> {
    const now = this.clock.now();
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
    });
    applyTerms(booking, terms);
    applyDetails(booking, request);
    return this.writer.insert(manager, booking, now);
  }

  private reopen(
    manager: EntityManager,
    booking: BookingEntity,
    connection: OctoConnection,
    request: CreateBookingDto,
  ): Promise<BookingState> {
    const { uuid } = booking;
    const now = this.clock.now();
    if (booking.connectionId !== connection.id || booking.status !== 'ON_HOLD') {
      throw new OctoError('INVALID_BOOKING_UUID', `The uuid "${uuid}" is in use; send another one, or none.`, { uuid });
    }
    requireStatus(booking, ['ON_HOLD'], 'replaced', now);
    return this.writer.change(manager, booking, now, async () => {
      applyTerms(booking, await this.terms.change(manager, booking, request, now));
      applyDetails(booking, request);
      booking.utcExpiresAt = holdExpiry(now, request.expirationMinutes);
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
      const booking = isUuid(uuid) ? await this.writer.lock(manager, uuid.toLowerCase()) : null;
      if (booking === null || booking.connectionId !== connection.id) throw unknownBooking(uuid);
      const now = this.clock.now();
      requireStatus(booking, allowed, action, now);
      return this.writer.change(manager, booking, now, () => alter(booking, manager, now));
    });
  }
}

function applyTerms(booking: BookingEntity, { product, optionId, slot, unitItems }: BookingTerms): void {
  booking.product = product;
  booking.optionId = optionId;
  booking.slot = slot;
  booking.localDate = slot.id.slice(0, 10);
  booking.unitItems = unitItems;
}
