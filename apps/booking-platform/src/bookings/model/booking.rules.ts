import { OctoError } from 'nestjs-octo-webhooks';
import { optionOf } from '../../catalogue/product.lookup.js';
import type { BookingEntity } from './booking.entity.js';
import type { BookingStatus } from './booking.state.js';

const HOUR_MS = 3_600_000;

/** The duration of a hold if the request does not set it. */
const DEFAULT_HOLD_MINUTES = 30;

/** The time at which a hold ends that is made or extended now. */
export function holdExpiry(now: Date, minutes: number | null | undefined): string {
  return new Date(now.getTime() + (minutes ?? DEFAULT_HOLD_MINUTES) * 60_000).toISOString();
}

/** The fields of a hold that bookings and orders share: the status, and the end while it is on hold. */
export interface Hold {
  readonly status: BookingStatus;
  readonly utcExpiresAt: string | null;
}

/** Whether a hold has ended, even if the sweeper has not expired it yet. */
export function isOverdue({ status, utcExpiresAt }: Hold, now: Date): boolean {
  return status === 'ON_HOLD' && utcExpiresAt !== null && utcExpiresAt <= now.toISOString();
}

/** Whether it is on hold or confirmed. The other statuses are final. */
export function isLive({ status }: Pick<Hold, 'status'>): boolean {
  return status === 'ON_HOLD' || status === 'CONFIRMED';
}

/** A hold can be cancelled at any time, a confirmed booking until the option's cutoff. */
export function isCancellable(booking: BookingEntity, now: Date): boolean {
  if (booking.status === 'ON_HOLD') return true;
  return booking.status === 'CONFIRMED' && now.toISOString() < cancellationCutoff(booking);
}

/** The latest time at which a confirmed booking can be cancelled. */
export function cancellationCutoff({ product, optionId, slot }: BookingEntity): string {
  const { cancellationCutoffHours } = optionOf(product, optionId);
  return new Date(Date.parse(slot.utcDeadlineBase) - cancellationCutoffHours * HOUR_MS).toISOString();
}

/**
 * Refuses a request that the booking's status does not permit.
 *
 * @param action the requested action, as in "cannot be confirmed"
 * @throws OctoError INVALID_BOOKING_UUID for an expired hold, UNPROCESSABLE_ENTITY for any other status
 */
export function requireStatus(
  booking: BookingEntity,
  allowed: readonly BookingStatus[],
  action: string,
  now: Date,
): void {
  const { uuid } = booking;
  if (booking.status === 'EXPIRED' || isOverdue(booking, now)) {
    throw new OctoError(
      'INVALID_BOOKING_UUID',
      `The booking "${uuid}" expired at ${booking.utcExpiresAt ?? 'an unknown time'} and cannot be ${action}.`,
      { uuid },
    );
  }
  if (allowed.includes(booking.status)) return;
  throw new OctoError(
    'UNPROCESSABLE_ENTITY',
    `The booking "${uuid}" is ${booking.status} and cannot be ${action}; that takes ${allowed.join(' or ')}.`,
    { uuid },
  );
}

/** The error for an unknown uuid. It is the same for a uuid of another connection. */
export function unknownBooking(uuid: string): OctoError {
  return new OctoError('INVALID_BOOKING_UUID', `There is no booking with the uuid "${uuid}".`, { uuid });
}
