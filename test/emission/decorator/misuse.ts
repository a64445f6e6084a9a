// Each of these decorators has to be refused by the compiler: where one is not, "tsc --noEmit" reports an unused directive.
import { EmitsWebhook, type JsonObject } from 'nestjs-octo-webhooks';
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
  @EmitsWebhook({ event: 'booking_update', supplierId: 'supplier-1', resourceId: 'b-1' })
  async withoutAudience(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- nobody is named who may see the order
  @EmitsWebhook({ event: 'order_update', supplierId: 'supplier-1', resourceId: 'o-1' })
  async orderWithoutAudience(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- an audience of nobody
  @EmitsWebhook({ ...BOOKING, connectionIds: [] })
  async emptyAudience(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback may find no audience
  @EmitsWebhook({ ...BOOKING, connectionIds: () => undefined })
  async maybeAudience(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- no such event
  @EmitsWebhook({ ...BOOKING, event: 'booking.updated' })
  async unknownEvent(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a misspelt field
  @EmitsWebhook({ ...BOOKING, manger: (_booking: Booking, manager: EntityManager) => manager })
  async misspelt(_manager: EntityManager): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- availabilities have no diff, so nothing before
  @EmitsWebhook({ ...SLOT, before: null })
  async availabilityWithBefore(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- availabilities are not named by a resource id
  @EmitsWebhook({ ...SLOT, resourceId: 'slot-1' })
  async availabilityWithResourceId(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- the callbacks take a booking
  @EmitsWebhook(BOOKING)
  async otherResult(): Promise<JsonObject> {
    return {};
  }

  // @ts-expect-error -- the callbacks take a booking, and get the elements
  @EmitsWebhook({ ...BOOKING, resourceId: ([booking]: Booking[]) => booking?.uuid ?? '' })
  async resultNotElements(): Promise<Booking[]> {
    return [booking];
  }

  // @ts-expect-error -- the callback takes a manager, the method a text
  @EmitsWebhook({ ...BOOKING, manager: (_booking: Booking, manager: EntityManager) => manager })
  async otherArgument(_uuid: string): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback takes an argument more than the method
  @EmitsWebhook({ ...BOOKING, supplierId: (_booking: Booking, supplierId: string) => supplierId })
  async argumentTooMany(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback needs an argument that the method may not be given
  @EmitsWebhook({ ...BOOKING, supplierId: (_booking: Booking, supplierId: string) => supplierId })
  async optionalArgument(_supplierId?: string): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a booking is an interface, and need not be JSON
  @EmitsWebhook(AS_IT_IS)
  async noJson(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a list of lists: an event's state is an object
  @EmitsWebhook({ ...SLOT })
  async listOfLists(): Promise<JsonObject[][]> {
    return [[]];
  }

  // @ts-expect-error -- the callers would get a promise
  @EmitsWebhook(BOOKING)
  noPromise(): Booking {
    return booking;
  }

  // @ts-expect-error -- nothing to emit
  @EmitsWebhook({ ...SLOT, after: () => ({}) })
  async noResult(): Promise<void> {}

  // @ts-expect-error -- never anything to emit
  @EmitsWebhook({ ...SLOT, after: () => ({}) })
  async nullResult(): Promise<null> {
    return null;
  }

  // @ts-expect-error -- callbacks are not waited for
  @EmitsWebhook({ ...BOOKING, after: async ({ state }: Booking) => state })
  async asyncCallback(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- no instance, no emitter
  @EmitsWebhook(SLOT)
  static async onTheClass(): Promise<JsonObject> {
    return {};
  }
}

/** What must compile; a refusal is an error of its own. */
export class Use {
  @EmitsWebhook({
    ...BOOKING,
    before: (_booking: Booking, _uuid: string, before?: JsonObject) => before,
    manager: (_booking: Booking, _uuid: string, _before?: JsonObject, manager?: EntityManager) => manager,
  })
  async moreArguments(_uuid: string, _before?: JsonObject, _manager?: EntityManager, _more = 1): Promise<Booking> {
    return booking;
  }
}
