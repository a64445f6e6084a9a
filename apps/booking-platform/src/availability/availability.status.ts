import type { AvailabilityState } from './availability.state.js';

/** The statuses of OCTO availabilities that this platform uses, from the best to the worst. */
export const AVAILABILITY_STATUSES = ['AVAILABLE', 'LIMITED', 'SOLD_OUT', 'CLOSED'] as const;

export type AvailabilityStatus = (typeof AVAILABILITY_STATUSES)[number];

/** OCTO calls a departure LIMITED when less than this share of its places is free. */
const LIMITED_SHARE = 0.5;

/** The number of free places. */
export function vacanciesOf({ capacity, taken }: AvailabilityState): number {
  return capacity - taken;
}

export function statusOf(state: AvailabilityState): AvailabilityStatus {
  const vacancies = vacanciesOf(state);
  if (state.closed) return 'CLOSED';
  if (vacancies <= 0) return 'SOLD_OUT';
  return vacancies < state.capacity * LIMITED_SHARE ? 'LIMITED' : 'AVAILABLE';
}

/**
 * Whether a number of guests can be booked.
 *
 * @param places how many places they take; at least one is asked for
 */
export function isAvailable(state: AvailabilityState, places: number): boolean {
  return !state.closed && vacanciesOf(state) >= Math.max(1, places);
}
