// Each of these declarations has to be refused by the compiler: where one is not, "tsc --noEmit" reports an unused directive.
import { WebhookResource, webhookResource, type JsonObject } from 'nestjs-octo-webhooks';

class Booking {
  uuid!: string;
  connectionId!: string;
  state!: JsonObject;
}

class Slot {
  id!: string;
}

const STATE = { supplierId: () => 'supplier-1', state: ({ state }: Booking) => state, removed: 'ignore' } as const;
const CONNECTIONS = { connectionIds: ({ connectionId }: Booking) => [connectionId] as const };
const SLOT = {
  event: 'availability_update',
  supplierId: () => 'supplier-1',
  productId: () => 'walk',
  optionId: () => 'default',
  availabilityId: ({ id }: Slot) => id,
  state: ({ id }: Slot) => ({ id }),
  removed: 'ignore',
} as const;

export const fitting = [
  webhookResource(Booking, { event: 'booking_update', ...STATE, ...CONNECTIONS }),
  webhookResource(Slot, SLOT),
];

export const misuse = [
  // @ts-expect-error -- nobody is named who may see the booking
  webhookResource(Booking, { event: 'booking_update', ...STATE }),
  // @ts-expect-error -- nobody is named who may see the order
  webhookResource(Booking, { event: 'order_update', ...STATE }),
  // @ts-expect-error -- an audience of nobody
  webhookResource(Booking, { event: 'booking_update', ...STATE, connectionIds: () => [] }),
  // @ts-expect-error -- no such event
  webhookResource(Booking, { event: 'booking.updated', ...STATE, ...CONNECTIONS }),
  // @ts-expect-error -- what partners see of a removed one has to be said
  webhookResource(Booking, { event: 'product_update', supplierId: () => 's', state: ({ state }) => state }),
  // @ts-expect-error -- no state
  webhookResource(Booking, { event: 'product_update', supplierId: () => 's', removed: 'ignore' }),
  // @ts-expect-error -- an availability has no resource id, but three others
  webhookResource(Slot, { ...SLOT, resourceId: ({ id }: Slot) => id }),
  // @ts-expect-error -- no option is named
  webhookResource(Slot, { ...SLOT, optionId: undefined }),
  // @ts-expect-error -- the state comes late
  webhookResource(Booking, { event: 'product_update', ...STATE, state: ({ state }) => Promise.resolve(state) }),
  // @ts-expect-error -- the functions take another entity
  webhookResource(Slot, { event: 'product_update', ...STATE }),
];

// @ts-expect-error -- the functions take another entity
@WebhookResource({ event: 'product_update', ...STATE })
export class Other {}
