import { OctoError } from 'nestjs-octo-webhooks';
import { requireContactFields } from './booking-details.js';
import type { BookingEntity } from './booking.entity.js';
import { cancellationCutoff, isCancellable } from './booking.rules.js';

/**
 * Turns a hold into a sale.
 *
 * @throws OctoError BAD_REQUEST when a contact field is missing that the product requires
 */
export function confirmBooking(booking: BookingEntity, now: Date): void {
  requireContactFields(booking);
  booking.status = 'CONFIRMED';
  booking.utcConfirmedAt = now.toISOString();
  booking.utcExpiresAt = null;
}

/**
 * Cancels a booking. The caller gives the places back.
 *
 * @throws OctoError UNPROCESSABLE_ENTITY when it is too late
 */
export function cancelBooking(booking: BookingEntity, reason: string | null | undefined, now: Date): void {
  const { uuid } = booking;
  if (!isCancellable(booking, now)) {
    throw new OctoError(
      'UNPROCESSABLE_ENTITY',
      `The booking "${uuid}" could be cancelled until ${cancellationCutoff(booking)}; it is now too late.`,
      { uuid },
    );
  }
  booking.cancellation = {
    refund: booking.status === 'CONFIRMED' ? 'FULL' : 'NONE',
    reason: reason ?? null,
    utcCancelledAt: now.toISOString(),
  };
  booking.status = 'CANCELLED';
  booking.utcExpiresAt = null;
}
