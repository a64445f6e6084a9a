import type { Language } from '../octo/languages.js';

// These are type aliases, because the compiler does not accept an interface as a JsonObject.

/** A price per unit, in minor units of the product's currency. */
export type UnitPrice = { original: number; retail: number; net: number };

/** A kind of guest, such as an adult. */
export type UnitState = {
  id: string;
  internalName: string;
  reference: string | null;
  type: string;
  restrictions: {
    required: boolean;
    minAge: number;
    maxAge: number;
    idRequired: boolean;
    minQuantity: number;
    maxQuantity: number | null;
    /** How many places one unit takes. */
    paxCount: number;
    /** Ids of units of which at least one must be booked along with it. */
    accompaniedBy: string[];
  };
  requiredContactFields: string[];
  price: UnitPrice;
};

/** When a venue is open, in its local time. */
export type OpeningHours = { from: string; to: string };

/** Whether guests come at the start of a departure, or at any time while the venue is open. */
export type AvailabilityType = 'START_TIME' | 'OPENING_HOURS';

/** A variant of a product, with its own times, places and units. */
export type OptionState = {
  id: string;
  default: boolean;
  internalName: string;
  reference: string | null;
  /** Empty for a product with opening hours. */
  availabilityLocalStartTimes: string[];
  /** How long a visit takes. A departure ends after that time. */
  durationMinutes: number;
  /** Every day's, in their order. Empty for a product with start times. */
  openingHours: OpeningHours[];
  /** Places per start time, or per day. */
  capacity: number;
  /** Booking closes this many minutes before the start, or before the venue closes. */
  bookingCutoffMinutes: number;
  cancellationCutoffHours: number;
  requiredContactFields: string[];
  restrictions: { minUnits: number; maxUnits: number | null; minPaxCount: number; maxPaxCount: number | null };
  units: UnitState[];
};

/** The texts of a product. */
export type ProductContent = {
  title: string;
  shortDescription: string;
  description: string;
  highlights: string[];
  coverImageUrl: string | null;
};

/** The complete product in every language, in the form that is stored and emitted. */
export type ProductState = {
  id: string;
  internalName: string;
  reference: string | null;
  locale: string;
  timeZone: string;
  availabilityType: AvailabilityType;
  instantConfirmation: boolean;
  instantDelivery: boolean;
  deliveryFormats: string[];
  deliveryMethods: string[];
  redemptionMethod: string;
  settlementMethods: string[];
  tags: string[];
  currency: string;
  currencyPrecision: number;
  content: Record<Language, ProductContent>;
  options: OptionState[];
};
