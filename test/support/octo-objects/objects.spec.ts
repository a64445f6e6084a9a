import { describe, expect, it } from '@jest/globals';
import type { JsonObject } from 'nestjs-octo-webhooks';
import { availabilityState } from '../../../apps/booking-platform/src/availability/availability.snapshot.js';
import { serializeAvailability } from '../../../apps/booking-platform/src/availability/availability.serializer.js';
import { slotsOn } from '../../../apps/booking-platform/src/availability/slots.js';
import { serializeBooking } from '../../../apps/booking-platform/src/bookings/booking.serializer.js';
import { unknownContact } from '../../../apps/booking-platform/src/bookings/model/contact.js';
import { optionOf } from '../../../apps/booking-platform/src/catalogue/product.lookup.js';
import { HARBOUR_MUSEUM } from '../../../apps/booking-platform/src/seed/harbour-museum.seed.js';
import { HARBOUR_WALK } from '../../../apps/booking-platform/src/seed/harbour-walk.seed.js';
import { faultsOf } from './objects.js';

const NOW = new Date('2026-05-10T10:00:00.123Z');
const VIEW = { capabilities: [], language: 'en' };
const NONE = new Set<string>();

const option = optionOf(HARBOUR_WALK, HARBOUR_WALK.options[0]?.id ?? '');
const slot = one(slotsOn(HARBOUR_WALK, option, '2026-05-14'));

const hold = serializeBooking(
  {
    uuid: '89fe0192-ddcd-430a-b285-e1396a4725d2',
    testMode: false,
    resellerReference: null,
    supplierReference: 'BK-1',
    status: 'ON_HOLD',
    utcCreatedAt: NOW.toISOString(),
    utcUpdatedAt: NOW.toISOString(),
    utcExpiresAt: NOW.toISOString(),
    utcConfirmedAt: null,
    product: HARBOUR_WALK,
    optionId: option.id,
    slot,
    cancellable: true,
    cancellation: null,
    notes: null,
    contact: unknownContact(),
    unitItems: [
      {
        uuid: '0effd05e-d61e-47f2-8fc9-512f3144c69d',
        unitId: 'unit_adult',
        resellerReference: null,
        supplierReference: 'BK-1-1',
        contact: unknownContact(),
      },
    ],
    order: null,
  },
  VIEW,
);
const museumDay = serializeAvailability(
  availabilityState(
    {
      product: HARBOUR_MUSEUM,
      option: one(HARBOUR_MUSEUM.options),
      slot: one(slotsOn(HARBOUR_MUSEUM, one(HARBOUR_MUSEUM.options), '2026-05-14')),
    },
    NOW,
  ),
  VIEW,
);

describe("The check of the host's objects", () => {
  it('finds no fault in a hold, nor in a day with opening hours', () => {
    expect(faultsOf('booking', hold, NONE)).toEqual([]);
    expect(faultsOf('availability', museumDay, NONE)).toEqual([]);
    expect(museumDay).toMatchObject({
      id: '2026-05-14T00:00:00-04:00',
      localDateTimeEnd: '2026-05-15T00:00:00-04:00',
      allDay: true,
      utcCutoffAt: '2026-05-14T21:30:00Z',
    });
  });

  it.each<[fault: string, change: JsonObject, path: string]>([
    ['a fraction of a second', { utcCreatedAt: '2026-05-10T10:00:00.123Z' }, '/utcCreatedAt'],
    ['a contact without all fields', { contact: { fullName: 'Jane', locales: [] } }, '/contact'],
    ['a voucher that is missing', { voucher: null }, '/voucher'],
    [
      'a code before the confirmation',
      {
        voucher: {
          redemptionMethod: 'DIGITAL',
          utcRedeemedAt: null,
          deliveryOptions: [{ deliveryFormat: 'QRCODE', deliveryValue: 'VCH-1' }],
        },
      },
      '/voucher/deliveryOptions',
    ],
    [
      'a unit item without utcRedeemedAt',
      { unitItems: [without(one(hold['unitItems'] as JsonObject[]), 'utcRedeemedAt')] },
      '/unitItems/0',
    ],
    ['a hold that is confirmed', { utcConfirmedAt: '2026-05-10T10:00:00Z' }, '/utcConfirmedAt'],
    ['prices without their capability', { pricing: {} }, '/pricing'],
    ['ids that contradict each other', { productId: 'another' }, '.productId'],
  ])('finds %s', (_fault, change, path) => {
    expect(faultsOf('booking', { ...hold, ...change }, NONE)).toContainEqual(expect.stringContaining(`booking${path}`));
  });

  it('finds prices that are missing although their capability is in force', () => {
    expect(faultsOf('booking', hold, new Set(['octo/pricing']))).not.toEqual([]);
  });

  it('finds an error that does not name the id that it is about', () => {
    const error = { error: 'INVALID_PRODUCT_ID', errorMessage: 'There is no such product.' };
    expect(faultsOf('error', error, NONE)).not.toEqual([]);
    expect(faultsOf('error', { ...error, productId: 'x' }, NONE)).toEqual([]);
  });
});

function one<T>(list: readonly T[]): T {
  const [first] = list;
  if (first === undefined) throw new Error('The list is empty.');
  return first;
}

function without(object: JsonObject, field: string): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => key !== field));
}
