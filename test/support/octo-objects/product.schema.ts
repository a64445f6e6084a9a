import {
  allOf,
  flag,
  integer,
  integerOrNull,
  listOf,
  localTime,
  object,
  oneOf,
  text,
  textOrNull,
  when,
  type Schema,
} from './shapes.js';

/** The capabilities in force: fields of the others must be absent. */
export type Capabilities = ReadonlySet<string>;

const CONTACT_FIELDS = oneOf(
  'fullName',
  'firstName',
  'lastName',
  'emailAddress',
  'phoneNumber',
  'country',
  'notes',
  'locales',
  'allowMarketing',
  'postalCode',
);
const UNIT_TYPES = oneOf(
  'ADULT',
  'YOUTH',
  'CHILD',
  'INFANT',
  'FAMILY',
  'SENIOR',
  'STUDENT',
  'MILITARY',
  'OTHER',
  'TRAVELLER',
);

export const DELIVERY_METHODS = listOf(oneOf('VOUCHER', 'TICKET'), 1);
export const DELIVERY_FORMATS = oneOf('PDF_URL', 'QRCODE', 'CODE128', 'PKPASS_URL', 'AZTECCODE');
export const REDEMPTION_METHODS = oneOf('DIGITAL', 'PRINT', 'MANIFEST');

const PRICING_FIELDS = {
  original: integer,
  retail: integer,
  net: integerOrNull,
  currency: text,
  currencyPrecision: integer,
  includedTaxes: listOf(object({ name: text, retail: integer, original: integer, net: integerOrNull })),
};

export const pricing = object(PRICING_FIELDS);
export const unitPricing = listOf(object({ unitId: text, ...PRICING_FIELDS }), 1);

/** Fields that a capability adds. */
export function added(
  capabilities: Capabilities,
  capability: string,
  fields: Readonly<Record<string, Schema>>,
): Readonly<Record<string, Schema>> {
  if (capabilities.has(capability)) return fields;
  return Object.fromEntries(Object.keys(fields).map((field) => [field, false]));
}

export function unitSchema(capabilities: Capabilities): Schema {
  return object({
    id: text,
    internalName: text,
    reference: textOrNull,
    type: UNIT_TYPES,
    restrictions: object({
      minAge: integer,
      maxAge: integer,
      idRequired: flag,
      minQuantity: integerOrNull,
      maxQuantity: integerOrNull,
      paxCount: integer,
      accompaniedBy: listOf(text),
    }),
    requiredContactFields: listOf(CONTACT_FIELDS),
    ...added(capabilities, 'octo/pricing', { pricingFrom: listOf(pricing, 1) }),
  });
}

export function optionSchema(capabilities: Capabilities): Schema {
  return object({
    id: text,
    default: flag,
    internalName: text,
    reference: textOrNull,
    availabilityLocalStartTimes: listOf(localTime),
    cancellationCutoff: text,
    cancellationCutoffAmount: integer,
    cancellationCutoffUnit: oneOf('hour', 'minute', 'day'),
    requiredContactFields: listOf(CONTACT_FIELDS),
    restrictions: object({ minUnits: integer, maxUnits: integerOrNull }),
    units: listOf(unitSchema(capabilities), 1),
  });
}

/** Every product says its start times, or has none because it has opening hours. */
export function productSchema(capabilities: Capabilities): Schema {
  const startTimes = (shape: Schema): Schema =>
    object({ options: listOf(object({ availabilityLocalStartTimes: shape })) });
  return allOf(
    object({
      id: text,
      internalName: text,
      reference: textOrNull,
      locale: text,
      timeZone: text,
      allowFreesale: flag,
      instantConfirmation: flag,
      instantDelivery: flag,
      availabilityRequired: flag,
      availabilityType: oneOf('START_TIME', 'OPENING_HOURS'),
      deliveryFormats: listOf(DELIVERY_FORMATS, 1),
      deliveryMethods: DELIVERY_METHODS,
      redemptionMethod: REDEMPTION_METHODS,
      options: listOf(optionSchema(capabilities), 1),
      ...added(capabilities, 'octo/pricing', {
        defaultCurrency: text,
        availableCurrencies: listOf(text, 1),
        pricingPer: oneOf('UNIT', 'BOOKING'),
      }),
      ...added(capabilities, 'octo/content', { title: text, shortDescription: textOrNull, description: textOrNull }),
    }),
    when('availabilityType', oneOf('OPENING_HOURS'), startTimes({ type: 'array', maxItems: 0 })),
    when('availabilityType', oneOf('START_TIME'), startTimes({ type: 'array', minItems: 1 })),
  );
}
