// Each of these decorators has to be refused by the compiler: where one is not, "tsc --noEmit" reports an unused directive.
import { EmitWebhook, type JsonObject } from 'nestjs-octo-webhooks';
import type { EntityManager } from 'typeorm';

interface Booking {
  readonly uuid: string;
  readonly connectionId: string;
  readonly state: JsonObject;
}

const booking: Booking = { uuid: 'b-1', connectionId: 'connection-a', state: {} };

const BOOKING = {
  event: 'booking_update',
  supplierId: 'supplier-1',
  connectionIds: ({ connectionId }: Booking) => [connectionId] as const,
  resourceId: ({ uuid }: Booking) => uuid,
  after: ({ state }: Booking) => state,
} as const;
const SLOT = {
  event: 'availability_update',
  supplierId: 'supplier-1',
  productId: 'walk',
  optionId: 'default',
  availabilityId: 'slot-1',
} as const;

/** No `after` that could turn a result into a JSON object. */
const { after: _, ...AS_IT_IS } = BOOKING;

export class Misuse {
  // @ts-expect-error -- nobody is named who may see the booking
  @EmitWebhook({ event: 'booking_update', supplierId: 'supplier-1', resourceId: 'b-1' })
  async withoutAudience(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- nobody is named who may see the order
  @EmitWebhook({ event: 'order_update', supplierId: 'supplier-1', resourceId: 'o-1' })
  async orderWithoutAudience(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- an audience of nobody
  @EmitWebhook({ ...BOOKING, connectionIds: [] })
  async emptyAudience(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback may find no audience
  @EmitWebhook({ ...BOOKING, connectionIds: () => undefined })
  async maybeAudience(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- no such event
  @EmitWebhook({ ...BOOKING, event: 'booking.updated' })
  async unknownEvent(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a misspelt field
  @EmitWebhook({ ...BOOKING, manger: (_booking: Booking, manager: EntityManager) => manager })
  async misspelt(_manager: EntityManager): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- availabilities have no diff, so nothing before
  @EmitWebhook({ ...SLOT, before: null })
  async availabilityWithBefore(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- availabilities are not named by a resource id
  @EmitWebhook({ ...SLOT, resourceId: 'slot-1' })
  async availabilityWithResourceId(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- the callbacks take a booking
  @EmitWebhook(BOOKING)
  async otherResult(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- the callbacks take a booking, and get the elements
  @EmitWebhook({ ...BOOKING, resourceId: ([booking]: Booking[]) => booking?.uuid ?? '' })
  async resultNotElements(): Promise<Booking[]> {
    return [booking];
  }

  // @ts-expect-error -- the callback takes a manager, the method a text
  @EmitWebhook({ ...BOOKING, manager: (_booking: Booking, manager: EntityManager) => manager })
  async otherArgument(_uuid: string): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback takes an argument more than the method
  @EmitWebhook({ ...BOOKING, supplierId: (_booking: Booking, supplierId: string) => supplierId })
  async argumentTooMany(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback needs an argument that the method may not be given
  @EmitWebhook({ ...BOOKING, supplierId: (_booking: Booking, supplierId: string) => supplierId })
  async optionalArgument(_supplierId?: string): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a booking is an interface, and need not be JSON
  @EmitWebhook(AS_IT_IS)
  async noJson(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a list of lists: an event's state is an object
  @EmitWebhook({ ...SLOT })
  async listOfLists(): Promise<JsonObject[][]> {
    return [[]];
  }

  // @ts-expect-error -- the callers would get a promise
  @EmitWebhook(BOOKING)
  noPromise(): Booking {
    return booking;
  }

  // @ts-expect-error -- nothing to emit
  @EmitWebhook({ ...SLOT, after: () => ({}) })
  async noResult(): Promise<void> {}

  // @ts-expect-error -- never anything to emit
  @EmitWebhook({ ...SLOT, after: () => ({}) })
  async nullResult(): Promise<null> {
    return null;
  }

  // @ts-expect-error -- callbacks are not waited for
  @EmitWebhook({ ...BOOKING, after: async ({ state }: Booking) => state })
  async asyncCallback(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- no instance, no emitter
  @EmitWebhook(SLOT)
  static async onTheClass(): Promise<JsonObject> {
    return {};
  }
}

/** What must compile; a refusal is an error of its own. */
export class Use {
  @EmitWebhook({
    ...BOOKING,
    before: (_booking: Booking, _uuid: string, before?: JsonObject) => before,
    manager: (_booking: Booking, _uuid: string, _before?: JsonObject, manager?: EntityManager) => manager,
  })
  async moreArguments(_uuid: string, _before?: JsonObject, _manager?: EntityManager, _more = 1): Promise<Booking> {
    return booking;
  }
}
