import type { ProductState } from '../catalogue/product.state.js';
import type { Slot } from './slots.js';

/** A number of units that somebody asks for. */
export type UnitQuantity = { id: string; quantity: number };

/** All that the platform knows about one departure at one moment: the form that is emitted. */
export type AvailabilityState = {
  product: ProductState;
  optionId: string;
  slot: Slot;
  capacity: number;
  taken: number;
  /** Whether it was too late to book at that moment, or the supplier had taken it off sale. */
  closed: boolean;
  /** The units that were asked for; empty when nobody asked for any in particular. */
  units: UnitQuantity[];
};
