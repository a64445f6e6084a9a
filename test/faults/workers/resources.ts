import type { OctoConnection, WebhookChange, WebhookEventType } from 'nestjs-octo-webhooks';
import { RESOURCES } from '../settings.js';

const SUPPLIER = 'supplier';

/** Two partners of one supplier. */
export const CONNECTIONS = {
  a: { id: 'connection-a', supplierId: SUPPLIER, capabilities: [] },
  b: { id: 'connection-b', supplierId: SUPPLIER, capabilities: [] },
} as const satisfies Record<string, OctoConnection>;

type Partner = keyof typeof CONNECTIONS;

/** The webhooks that are subscribed before anything is changed; each has its own path at the receiver. */
export const HOOKS: readonly { readonly name: string; readonly partner: Partner; readonly event: WebhookEventType }[] =
  [
    { name: 'a-bookings', partner: 'a', event: 'booking_update' },
    { name: 'a-bookings-too', partner: 'a', event: 'booking_update' },
    { name: 'b-bookings', partner: 'b', event: 'booking_update' },
    { name: 'a-slots', partner: 'a', event: 'availability_update' },
    { name: 'b-slots', partner: 'b', event: 'availability_update' },
  ];

/** The host's resources. Bookings belong to one partner, to the other, or to both. */
export const RESOURCE_IDS: readonly string[] = [
  ...Array.from({ length: RESOURCES.bookings }, (_, index) => `booking-${['a', 'b', 'ab'][index % 3]}-${index}`),
  ...Array.from({ length: RESOURCES.availabilities }, (_, index) => `slot-ab-${index}`),
];

/** Whether each version of a resource is delivered, in order; of others only the latest state matters. */
export function isOrdered(resource: string): boolean {
  return resource.startsWith('booking-');
}

/** The webhooks that must receive a resource: the expected audience, computed without the library. */
export function hooksOf(resource: string): readonly string[] {
  const event: WebhookEventType = isOrdered(resource) ? 'booking_update' : 'availability_update';
  const partners = partnersOf(resource);
  return HOOKS.filter((hook) => hook.event === event && partners.includes(hook.partner)).map(({ name }) => name);
}

/** A change of a resource as the host emits it. */
export function webhookChange(id: string, resource: string, version: number): WebhookChange {
  const after = { id: resource, uuid: resource, resource, version, change: id };
  if (!isOrdered(resource)) {
    const slot = { productId: 'product', optionId: 'option', availabilityId: resource };
    return { event: 'availability_update', supplierId: SUPPLIER, ...slot, after };
  }
  const [first = CONNECTIONS.a.id, ...others] = partnersOf(resource).map((partner) => CONNECTIONS[partner].id);
  return {
    event: 'booking_update',
    supplierId: SUPPLIER,
    connectionIds: [first, ...others],
    resourceId: resource,
    after,
  };
}

function partnersOf(resource: string): readonly Partner[] {
  const letters = resource.split('-')[1] ?? '';
  return (['a', 'b'] as const).filter((partner) => letters.includes(partner));
}
