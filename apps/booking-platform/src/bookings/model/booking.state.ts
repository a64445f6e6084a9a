import type { Slot } from '../../availability/slots.js';
import type { ProductState } from '../../catalogue/product.state.js';
import type { Contact } from './contact.js';

/** The statuses of OCTO bookings that this platform uses. */
export type BookingStatus = 'ON_HOLD' | 'CONFIRMED' | 'CANCELLED' | 'EXPIRED';

/** One guest, or one group that counts as one unit. */
export type UnitItem = {
  uuid: string;
  unitId: string;
  resellerReference: string | null;
  supplierReference: string;
  contact: Contact;
};

/** How a booking was cancelled. */
export type Cancellation = { refund: 'FULL' | 'NONE'; reason: string | null; utcCancelledAt: string };

/** A booking's order. */
export type OrderMembership = { id: string; reference: string | null; primary: boolean };

/**
 * A booking at one moment, with everything that its serializer needs, including product and prices. Serialized later,
 * it still shows the booking as it was.
 */
export type BookingState = {
  uuid: string;
  testMode: boolean;
  resellerReference: string | null;
  supplierReference: string;
  status: BookingStatus;
  utcCreatedAt: string;
  utcUpdatedAt: string;
  utcExpiresAt: string | null;
  utcConfirmedAt: string | null;
  product: ProductState;
  optionId: string;
  slot: Slot;
  /** Depends on the moment, so it is computed here and not by the serializer. */
  cancellable: boolean;
  cancellation: Cancellation | null;
  notes: string | null;
  contact: Contact;
  unitItems: UnitItem[];
  /** Null for a booking without an order. */
  order: OrderMembership | null;
};
