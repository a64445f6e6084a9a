import { v7 as uuidv7 } from 'uuid';

const PADDING =
  'Meet the guide at the north gate of the harbour, ten minutes before the start, with your voucher at hand. ';

/**
 * A booking as a platform stores it and as a delivery carries it.
 *
 * @param {string} uuid
 * @param {string} status
 * @param {number} kilobytes about how long it is as JSON; at least 1
 * @returns {import('nestjs-octo-webhooks').JsonObject}
 */
export function booking(uuid, status, kilobytes) {
  const head = {
    id: uuid,
    uuid,
    status,
    testMode: false,
    resellerReference: `R-${uuid.slice(-12)}`,
    supplierReference: `S-${uuid.slice(-12)}`,
    utcCreatedAt: '2026-05-04T08:15:30Z',
    utcUpdatedAt: '2026-05-04T08:15:31Z',
    productId: 'harbour-walk',
    optionId: 'DEFAULT',
    availabilityId: '2026-07-01T10:00:00+02:00',
    cancellable: true,
    contact: { fullName: 'Jo Álvarez', emailAddress: 'jo@example.com', locales: ['es', 'en'], country: 'ES' },
    deliveryMethods: ['TICKET', 'VOUCHER'],
  };
  const unitItems = [];
  for (let size = JSON.stringify(head).length + 100; size < kilobytes * 1024 - 200; size += 340) {
    unitItems.push({
      uuid: uuidv7(),
      unitId: 'adult',
      status,
      utcRedeemedAt: null,
      ticket: null,
      notes: PADDING + PADDING,
    });
  }
  return { ...head, unitItems };
}

/**
 * The body of a delivery without the webhook's own part, as fan-out stores it.
 *
 * @param {string} uuid
 * @param {number} kilobytes
 */
export function deliveryBody(uuid, kilobytes) {
  return {
    event: 'booking_update',
    supplier: { id: 'supplier-1', name: 'Harbour Walks' },
    booking: booking(uuid, 'CONFIRMED', kilobytes),
    diff: [{ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' }],
  };
}
