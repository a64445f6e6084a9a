import type { BookingEntity } from '../../bookings/model/booking.entity.js';
import { bookingState } from '../../bookings/model/booking.snapshot.js';
import type { BookingState, BookingStatus } from '../../bookings/model/booking.state.js';
import type { Contact } from '../../bookings/model/contact.js';
import type { OrderEntity } from './order.entity.js';

/** An order at one moment, including its bookings. Serialized later, it still shows the order as it was. */
export type OrderState = {
  id: string;
  supplierReference: string;
  status: BookingStatus;
  testMode: boolean;
  contact: Contact;
  utcCreatedAt: string;
  utcUpdatedAt: string;
  utcExpiresAt: string | null;
  utcConfirmedAt: string | null;
  bookings: BookingState[];
};

/**
 * The state of a stored order as of now.
 *
 * @param bookings at least those on the order's list, in any sequence
 */
export function orderState(order: OrderEntity, bookings: readonly BookingEntity[], now: Date): OrderState {
  const byUuid = new Map(bookings.map((booking) => [booking.uuid, booking]));
  const listed = order.bookingUuids.map((uuid) => byUuid.get(uuid)).filter((booking) => booking !== undefined);
  return {
    id: order.id,
    supplierReference: order.supplierReference,
    status: order.status,
    testMode: order.testMode,
    contact: order.contact,
    utcCreatedAt: order.utcCreatedAt,
    utcUpdatedAt: order.utcUpdatedAt,
    utcExpiresAt: order.utcExpiresAt,
    utcConfirmedAt: order.utcConfirmedAt,
    bookings: listed.map((booking) => bookingState(booking, now)),
  };
}
