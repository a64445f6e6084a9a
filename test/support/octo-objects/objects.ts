import { Ajv, type ValidateFunction } from 'ajv';
import { availabilitySchema, calendarDateSchema } from './availability.schema.js';
import { bookingSchema, orderSchema } from './booking.schema.js';
import { productSchema, type Capabilities } from './product.schema.js';
import { flag, integer, listOf, object, oneOf, text, textOrNull, type Schema } from './shapes.js';

const capability = object({
  id: oneOf('octo/pricing', 'octo/content', 'octo/cart', 'octo/webhooks'),
  revision: integer,
  required: flag,
  dependencies: listOf(text),
  docs: textOrNull,
});

const supplier = object({
  id: text,
  name: text,
  endpoint: text,
  contact: object({ website: textOrNull, email: textOrNull, telephone: textOrNull, address: textOrNull }),
});

/** An error names the id that it is about, under the name that the request has for it. */
const ERRORS: Readonly<Record<string, Schema>> = {
  INVALID_PRODUCT_ID: object({ productId: text }),
  INVALID_OPTION_ID: object({ optionId: text }),
  INVALID_UNIT_ID: object({ unitId: text }),
  INVALID_AVAILABILITY_ID: object({ availabilityId: text }),
  INVALID_BOOKING_UUID: object({ uuid: text }),
  INVALID_ORDER_ID: object({ orderId: text }),
};

const error: Schema = {
  allOf: [
    object({ error: text, errorMessage: text }),
    ...Object.entries(ERRORS).map(([code, schema]) => ({ if: object({ error: oneOf(code) }), then: schema })),
  ],
};

/** The objects of OCTO that the platform answers with and delivers. */
const OBJECTS = {
  capability: () => capability,
  supplier: () => supplier,
  error: () => error,
  product: productSchema,
  availability: availabilitySchema,
  calendarDate: calendarDateSchema,
  booking: bookingSchema,
  order: orderSchema,
} as const satisfies Record<string, (capabilities: Capabilities) => Schema>;

export type OctoObject = keyof typeof OBJECTS;

const ajv = new Ajv({ allErrors: true, strict: false });
const compiled = new Map<string, ValidateFunction>();

/**
 * The faults of an object in words. The list is empty when the object follows OCTO's types.
 *
 * @param capabilities those in force: fields of others must be absent
 */
export function faultsOf(kind: OctoObject, value: unknown, capabilities: Capabilities): string[] {
  const key = JSON.stringify([kind, [...capabilities].sort()]);
  const validate = compiled.get(key) ?? ajv.compile(OBJECTS[kind](capabilities) as Readonly<Record<string, unknown>>);
  compiled.set(key, validate);
  if (!validate(value)) {
    return (validate.errors ?? []).map(({ instancePath, message }) => `${kind}${instancePath}: ${message}`);
  }
  return kind === 'booking' ? contradictionsIn(value as Booking) : [];
}

interface Booking {
  readonly productId: string;
  readonly product: { readonly id: string; readonly availabilityType: string; readonly deliveryMethods: string[] };
  readonly optionId: string;
  readonly option: { readonly id: string };
  readonly availabilityId: string;
  readonly availability: { readonly id: string; readonly allDay: boolean };
  readonly deliveryMethods: string[];
  readonly unitItems: readonly {
    readonly uuid: string;
    readonly unitId: string;
    readonly unit: { readonly id: string };
  }[];
}

/** The fields of a booking that must say the same. */
function contradictionsIn(booking: Booking): string[] {
  const { product, option, availability, unitItems } = booking;
  const agree: Readonly<Record<string, boolean>> = {
    productId: booking.productId === product.id,
    optionId: booking.optionId === option.id,
    availabilityId: booking.availabilityId === availability.id,
    'availability.allDay': availability.allDay === (product.availabilityType === 'OPENING_HOURS'),
    deliveryMethods: JSON.stringify(booking.deliveryMethods) === JSON.stringify(product.deliveryMethods),
    'unitItems.uuid': new Set(unitItems.map(({ uuid }) => uuid)).size === unitItems.length,
    'unitItems.unitId': unitItems.every(({ unitId, unit }) => unitId === unit.id),
  };
  return Object.keys(agree)
    .filter((field) => agree[field] === false)
    .map((field) => `booking.${field} contradicts another field`);
}
