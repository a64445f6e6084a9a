import { OctoError } from 'nestjs-octo-webhooks';
import type { BookingEntity } from '../../bookings/model/booking.entity.js';
import { isLive, isOverdue } from '../../bookings/model/booking.rules.js';
import type { BookingStatus } from '../../bookings/model/booking.state.js';
import type { OrderEntity } from './order.entity.js';

/**
 * Refuses a request that the order's status does not permit.
 *
 * @param action the requested action, as in "cannot be confirmed"
 * @param code the error code for a wrong status; INVALID_ORDER_ID where the order is only a field of the request
 * @throws OctoError INVALID_ORDER_ID for an expired order, `code` for any other status
 */
export function requireOrderStatus(
  order: OrderEntity,
  allowed: readonly BookingStatus[],
  action: string,
  now: Date,
  code: 'UNPROCESSABLE_ENTITY' | 'INVALID_ORDER_ID' = 'UNPROCESSABLE_ENTITY',
): void {
  const orderId = order.id;
  if (order.status === 'EXPIRED' || isOverdue(order, now)) {
    throw new OctoError(
      'INVALID_ORDER_ID',
      `The order "${orderId}" expired at ${order.utcExpiresAt ?? 'an unknown time'} and cannot be ${action}.`,
      { orderId },
    );
  }
  if (allowed.includes(order.status)) return;
  throw new OctoError(
    code,
    `The order "${orderId}" is ${order.status} and cannot be ${action}; that takes ${allowed.join(' or ')}.`,
    { orderId },
  );
}

/** The error for an unknown id. It is the same for an order of another connection. */
export function unknownOrder(orderId: string): OctoError {
  return new OctoError('INVALID_ORDER_ID', `There is no order with the id "${orderId}".`, { orderId });
}

/** Updates an order after a change of its bookings. */
export function settleOrder(order: OrderEntity, bookings: readonly BookingEntity[], now: Date): void {
  if (order.status === 'ON_HOLD') settleHeldOrder(order, bookings, now);
  // The last booking of a sold order was cancelled.
  else if (order.status === 'CONFIRMED' && !bookings.some(isLive)) order.status = 'CANCELLED';
  if (isLive(order)) order.bookingUuids = bookings.filter(isLive).map(({ uuid }) => uuid);
}

function settleHeldOrder(order: OrderEntity, bookings: readonly BookingEntity[], now: Date): void {
  const deadlines = bookings
    .filter((booking) => booking.status === 'ON_HOLD' && !isOverdue(booking, now))
    .map(({ utcExpiresAt }) => utcExpiresAt ?? '');
  const lastDeadline = deadlines.toSorted().at(-1);
  if (lastDeadline !== undefined) {
    // The order lasts as long as one of its bookings can be confirmed.
    order.utcExpiresAt = lastDeadline;
  } else if (bookings.some(({ status }) => status === 'CONFIRMED')) {
    order.status = 'CONFIRMED';
    order.utcConfirmedAt = now.toISOString();
    order.utcExpiresAt = null;
  } else if (isOverdue(order, now) || bookings.some(({ status }) => status === 'EXPIRED')) {
    order.status = 'EXPIRED';
  }
  // Otherwise, all bookings were removed from the order, and new ones can be added.
}

/** @throws OctoError UNPROCESSABLE_ENTITY for bookings in several currencies, because their prices cannot be added */
export function requireOneCurrency(order: OrderEntity, bookings: readonly BookingEntity[]): void {
  const currencies = new Set(bookings.filter(isLive).map(({ product }) => product.currency));
  if (currencies.size <= 1) return;
  throw new OctoError(
    'UNPROCESSABLE_ENTITY',
    `The bookings of the order "${order.id}" would be in ${[...currencies].join(' and ')}; one currency is allowed.`,
    { orderId: order.id },
  );
}
