import type { BookingEntity } from './booking.entity.js';
import { isCancellable } from './booking.rules.js';
import type { BookingState } from './booking.state.js';

/** The state of a stored booking as of now. */
export function bookingState(booking: BookingEntity, now: Date): BookingState {
  return {
    uuid: booking.uuid,
    testMode: booking.testMode,
    resellerReference: booking.resellerReference,
    supplierReference: booking.supplierReference,
    status: booking.status,
    utcCreatedAt: booking.utcCreatedAt,
    utcUpdatedAt: booking.utcUpdatedAt,
    utcExpiresAt: booking.utcExpiresAt,
    utcConfirmedAt: booking.utcConfirmedAt,
    product: booking.product,
    optionId: booking.optionId,
    slot: booking.slot,
    cancellable: isCancellable(booking, now),
    cancellation: booking.cancellation,
    notes: booking.notes,
    contact: booking.contact,
    unitItems: booking.unitItems,
    order:
      booking.orderId === null
        ? null
        : { id: booking.orderId, reference: booking.orderReference, primary: booking.primaryInOrder },
  };
}
