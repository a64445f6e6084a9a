import { describe, expect, it } from '@jest/globals';
import {
  canonicalEventType,
  dottedEventType,
  isWebhookEventType,
  RESOURCE_KEY_OF_EVENT,
  WEBHOOK_EVENT_TYPES,
} from './event-type.js';

it('the events are the four of octo/webhooks, each with the object that it delivers', () => {
  expect(WEBHOOK_EVENT_TYPES).toEqual(['booking_update', 'order_update', 'availability_update', 'product_update']);
  expect(RESOURCE_KEY_OF_EVENT).toEqual({
    booking_update: 'booking',
    order_update: 'order',
    availability_update: 'availability',
    product_update: 'product',
  });
});

describe('canonicalEventType', () => {
  it.each([
    ['booking.updated', 'booking_update'],
    ['order.updated', 'order_update'],
    ['availability.updated', 'availability_update'],
    ['product.updated', 'product_update'],
  ])('takes the dotted name %s as %s', (dotted, canonical) => {
    expect(canonicalEventType(dotted)).toBe(canonical);
  });

  it.each([...WEBHOOK_EVENT_TYPES, 'booking.created', 'Booking.Updated', '', 'constructor', 1, null, undefined])(
    'leaves %p as it is',
    (value) => {
      expect(canonicalEventType(value)).toBe(value);
    },
  );
});

it.each(WEBHOOK_EVENT_TYPES)('dottedEventType turns %s into the name that canonicalEventType understands', (type) => {
  expect(dottedEventType(type)).toBe(`${type.replace(/_.*/, '')}.updated`);
  expect(canonicalEventType(dottedEventType(type))).toBe(type);
});

describe('isWebhookEventType', () => {
  it.each(WEBHOOK_EVENT_TYPES)('is true for %s', (type) => {
    expect(isWebhookEventType(type)).toBe(true);
  });

  it.each([
    'booking.updated',
    'BOOKING_UPDATE',
    'booking_update ',
    '',
    'toString',
    0,
    null,
    undefined,
    ['order_update'],
  ])('is false for %p', (value) => {
    expect(isWebhookEventType(value)).toBe(false);
  });
});
