import type { ProductState } from '../catalogue/product.state.js';
import type { Slot } from './slots.js';

/** A number of requested units. */
export type UnitQuantity = { id: string; quantity: number };

/** The complete state of one departure at one moment, in the form that is emitted. */
export type AvailabilityState = {
  product: ProductState;
  optionId: string;
  slot: Slot;
  capacity: number;
  taken: number;
  /** Whether it was too late to book at that moment, or the supplier had taken it off sale. */
  closed: boolean;
  /** The requested units; empty when the request names none. */
  units: UnitQuantity[];
};
