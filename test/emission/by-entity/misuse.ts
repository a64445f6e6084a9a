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

const STATE = {
  supplierId: () => 'supplier-1',
  state: ({ entity }: { entity: Booking }) => entity.state,
  removed: 'ignore',
} as const;
const CONNECTIONS = { connectionIds: ({ entity }: { entity: Booking }) => [entity.connectionId] as const };
const SLOT = {
  event: 'availability_update',
  supplierId: () => 'supplier-1',
  productId: () => 'walk',
  optionId: () => 'default',
  availabilityId: ({ entity }: { entity: Slot }) => entity.id,
  state: ({ entity }: { entity: Slot }) => ({ id: entity.id }),
  removed: 'ignore',
} as const;

const PLAIN = { supplierId: () => 'supplier-1', state: () => ({}) } as const;

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
  webhookResource(Booking, { event: 'product_update', supplierId: () => 's', state: ({ entity }) => entity.state }),
  // @ts-expect-error -- no state
  webhookResource(Booking, { event: 'product_update', supplierId: () => 's', removed: 'ignore' }),
  // @ts-expect-error -- an availability has no resource id, but three others
  webhookResource(Slot, { ...SLOT, resourceId: ({ entity }: { entity: Slot }) => entity.id }),
  // @ts-expect-error -- no option is named
  webhookResource(Slot, { ...SLOT, optionId: undefined }),
  // @ts-expect-error -- the state comes late
  webhookResource(Booking, { event: 'product_update', ...STATE, state: ({ entity }) => Promise.resolve(entity.state) }),
  // @ts-expect-error -- the functions take another entity
  webhookResource(Slot, { event: 'product_update', ...STATE }),
  // @ts-expect-error -- a function takes one object with the entity in it, and not the entity
  webhookResource(Booking, { event: 'product_update', ...STATE, state: (booking: Booking) => booking.state }),
  // @ts-expect-error -- nor does the audience take it
  webhookResource(Booking, { event: 'booking_update', ...STATE, connectionIds: ({ connectionId }) => [connectionId] }),
];

// @ts-expect-error -- the functions take another entity
@WebhookResource({ event: 'product_update', ...STATE })
export class Other {}

// @ts-expect-error -- a function takes one object with the entity in it, and not the entity
@WebhookResource<Plain>({ event: 'product_update', ...PLAIN, removed: (entity: Plain) => ({ id: entity.id }) })
export class Plain {
  id!: string;
}
