import { OctoError } from 'nestjs-octo-webhooks';
import { optionOf } from '../../catalogue/product.lookup.js';
import type { BookingEntity } from './booking.entity.js';
import type { BookingStatus } from './booking.state.js';

const HOUR_MS = 3_600_000;

/** How long a hold lasts when the request does not say. */
const DEFAULT_HOLD_MINUTES = 30;

/** When a hold made or extended now runs out. */
export function holdExpiry(now: Date, minutes: number | null | undefined): string {
  return new Date(now.getTime() + (minutes ?? DEFAULT_HOLD_MINUTES) * 60_000).toISOString();
}

/** What bookings and orders have in common: a status, and on hold a time at which it ends. */
export interface Hold {
  readonly status: BookingStatus;
  readonly utcExpiresAt: string | null;
}

/** Whether a hold has run out, even if the sweeper has not come by yet. */
export function isOverdue({ status, utcExpiresAt }: Hold, now: Date): boolean {
  return status === 'ON_HOLD' && utcExpiresAt !== null && utcExpiresAt <= now.toISOString();
}

/** Whether it is on hold or confirmed: the other statuses are final. */
export function isLive({ status }: Pick<Hold, 'status'>): boolean {
  return status === 'ON_HOLD' || status === 'CONFIRMED';
}

/** A hold can be given back at any time, a confirmed booking until the option's cutoff. */
export function isCancellable(booking: BookingEntity, now: Date): boolean {
  if (booking.status === 'ON_HOLD') return true;
  return booking.status === 'CONFIRMED' && now.toISOString() < cancellationCutoff(booking);
}

/** Until when a confirmed booking can be cancelled. */
export function cancellationCutoff({ product, optionId, slot }: BookingEntity): string {
  const { cancellationCutoffHours } = optionOf(product, optionId);
  return new Date(Date.parse(slot.utcStart) - cancellationCutoffHours * HOUR_MS).toISOString();
}

/**
 * Refuses a request that the booking's status does not permit.
 *
 * @param action what was asked for, as in "cannot be confirmed"
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

/** For a uuid that does not exist, and just the same for one that belongs to somebody else. */
export function unknownBooking(uuid: string): OctoError {
  return new OctoError('INVALID_BOOKING_UUID', `There is no booking with the uuid "${uuid}".`, { uuid });
}
