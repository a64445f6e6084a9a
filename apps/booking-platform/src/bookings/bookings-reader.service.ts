import { Injectable } from '@nestjs/common';
import { OctoError, type GuestTriggerQuery, type OctoConnection } from 'nestjs-octo-webhooks';
import { Between, DataSource, In, type FindOptionsWhere } from 'typeorm';
import { validate as isUuid } from 'uuid';
import { dateRangeOf } from '../calendar/date-range.js';
import { Clock } from '../clock.js';
import type { ListBookingsDto } from './dto/list-bookings.dto.js';
import { BookingEntity } from './model/booking.entity.js';
import { unknownBooking } from './model/booking.rules.js';
import { bookingState } from './model/booking.snapshot.js';
import type { BookingState } from './model/booking.state.js';
import { searchablePhone } from './model/contact.js';

/** The most bookings that a search returns. There is no paging, and a phone number may have any number of bookings. */
const MOST_FOUND = 100;

/** Finds the bookings of a connection. */
@Injectable()
export class BookingsReader {
  constructor(
    private readonly dataSource: DataSource,
    private readonly clock: Clock,
  ) {}

  /** @throws OctoError INVALID_BOOKING_UUID when the connection has no such booking */
  async one({ id: connectionId }: OctoConnection, uuid: string): Promise<BookingState> {
    const booking = isUuid(uuid)
      ? await this.dataSource.manager.findOneBy(BookingEntity, { uuid: uuid.toLowerCase(), connectionId })
      : null;
    if (booking === null) throw unknownBooking(uuid);
    return bookingState(booking, this.clock.now());
  }

  /** @throws OctoError BAD_REQUEST without any filter, because OCTO does not list all bookings at once */
  async list({ id: connectionId }: OctoConnection, filters: ListBookingsDto): Promise<BookingState[]> {
    const { resellerReference, supplierReference } = filters;
    const range = dateRangeOf(filters);
    if (resellerReference === undefined && supplierReference === undefined && range === null) {
      throw new OctoError(
        'BAD_REQUEST',
        'The query needs at least one of: resellerReference, supplierReference, localDate, or localDateStart with localDateEnd.',
      );
    }
    const bookings = await this.dataSource.manager.find(BookingEntity, {
      where: {
        connectionId,
        ...(resellerReference === undefined ? {} : { resellerReference }),
        ...(supplierReference === undefined ? {} : { supplierReference }),
        ...(range === null ? {} : { localDate: Between(range.start, range.end) }),
      },
      order: { utcCreatedAt: 'ASC', uuid: 'ASC' },
    });
    return this.states(bookings);
  }

  /** The newest bookings of some connections with a reference (or uuid), a phone number, or both. */
  async search({ supplierId, connectionIds, reference, mobile }: GuestTriggerQuery): Promise<BookingState[]> {
    if (reference === undefined && mobile === undefined) return [];
    const shared: FindOptionsWhere<BookingEntity> = {
      supplierId,
      connectionId: In(connectionIds),
      ...(mobile === undefined ? {} : { phoneNumber: searchablePhone(mobile) }),
    };
    const alternatives =
      reference === undefined
        ? [{}]
        : [{ supplierReference: reference }, { resellerReference: reference }, { uuid: reference.toLowerCase() }];
    const bookings = await this.dataSource.manager.find(BookingEntity, {
      where: alternatives.map((alternative) => ({ ...shared, ...alternative })),
      order: { utcCreatedAt: 'DESC', uuid: 'ASC' },
      take: MOST_FOUND,
    });
    return this.states(bookings);
  }

  private states(bookings: readonly BookingEntity[]): BookingState[] {
    const now = this.clock.now();
    return bookings.map((booking) => bookingState(booking, now));
  }
}
