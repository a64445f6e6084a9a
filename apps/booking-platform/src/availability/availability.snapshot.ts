import type { OptionState, ProductState } from '../catalogue/product.state.js';
import type { AvailabilityState, UnitQuantity } from './availability.state.js';
import type { Slot } from './slots.js';

/** The stored fields of a departure. */
export interface StoredPlaces {
  readonly capacity: number;
  readonly taken: number;
  readonly closed: boolean;
}

/** A departure, with its product and its stored fields. */
export interface Departure {
  readonly product: ProductState;
  readonly option: OptionState;
  readonly slot: Slot;
  /** Absent until the departure is booked, or its capacity is changed. */
  readonly stored?: StoredPlaces | undefined;
}

/**
 * The state of a departure as of now.
 *
 * @param units the requested units
 */
export function availabilityState(
  { product, option, slot, stored }: Departure,
  now: Date,
  units: UnitQuantity[] = [],
): AvailabilityState {
  return {
    product,
    optionId: option.id,
    slot,
    capacity: stored?.capacity ?? option.capacity,
    taken: stored?.taken ?? 0,
    closed: (stored?.closed ?? false) || isPastCutoff(slot, now),
    units,
  };
}

/** Whether it is too late to book a departure. */
export function isPastCutoff(slot: Slot, now: Date): boolean {
  return slot.utcCutoffAt <= now.toISOString();
}
