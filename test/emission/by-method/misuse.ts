// The compiler must refuse each of these decorators. If it accepts one, "tsc --noEmit" reports an unused directive.
import { EmitWebhook, type EmitCall, type JsonObject } from 'nestjs-octo-webhooks';
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
  connectionIds: ({ result }: EmitCall<Booking>) => [result.connectionId] as const,
  resourceId: ({ result }: EmitCall<Booking>) => result.uuid,
  after: ({ result }: EmitCall<Booking>) => result.state,
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
  @EmitWebhook({ ...BOOKING, manger: (call: EmitCall<Booking, [EntityManager]>) => call.args[0] })
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

  // @ts-expect-error -- the callback takes all bookings, and gets each of them
  @EmitWebhook({ ...BOOKING, resourceId: ({ result }: EmitCall<Booking[]>) => result[0]?.uuid ?? '' })
  async resultNotElements(): Promise<Booking[]> {
    return [booking];
  }

  // @ts-expect-error -- a booking has no such property
  @EmitWebhook({ ...BOOKING, resourceId: ({ result: { id } }) => `${id}` })
  async unknownProperty(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the method takes no manager, but a text
  @EmitWebhook({ ...BOOKING, manager: ({ args: [manager] }) => manager })
  async otherArgument(_uuid: string): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the shared callback takes a manager, the method a text
  @EmitWebhook({ ...BOOKING, manager: (call: EmitCall<Booking, [EntityManager]>) => call.args[0] })
  async otherShared(_uuid: string): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback takes an argument more than the method
  @EmitWebhook({ ...BOOKING, supplierId: ({ args: [supplierId] }) => supplierId })
  async argumentTooMany(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- the callback needs an argument that the method may not be given
  @EmitWebhook({ ...BOOKING, supplierId: ({ args: [supplierId] }) => supplierId })
  async optionalArgument(_supplierId?: string): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a callback takes one object, not the result
  @EmitWebhook({ ...BOOKING, resourceId: ({ uuid }: Booking) => uuid })
  async oldForm(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- a callback takes one object, not the result and the arguments
  @EmitWebhook({ ...BOOKING, manager: (_booking, manager: EntityManager) => manager })
  async oldFormOfArguments(_manager: EntityManager): Promise<Booking> {
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
  @EmitWebhook({ ...BOOKING, after: async ({ result }) => result.state })
  async asyncCallback(): Promise<Booking> {
    return booking;
  }

  // @ts-expect-error -- no instance, no emitter
  @EmitWebhook(SLOT)
  static async onTheClass(): Promise<JsonObject> {
    return {};
  }
}

// Both the decorator and its argument are refused here.
export class MisuseOfProperty {
  // @ts-expect-error -- a property is not a method
  // prettier-ignore
  @EmitWebhook({ ...BOOKING, after: () => ({}) }) property = async (): Promise<Booking> => booking;
}

/** These must compile: a refusal is a compiler error. */
export class Use {
  @EmitWebhook({
    event: 'booking_update',
    supplierId: ({ args: [, supplierId] }) => supplierId,
    connectionIds: ({ result }) => [result.connectionId],
    resourceId: ({ result: { uuid } }) => uuid,
    after: ({ result }) => result.state,
    manager: ({ args: [manager] }) => manager,
  })
  async inferred(_manager: EntityManager, _supplierId: string): Promise<Booking | null> {
    return booking;
  }

  @EmitWebhook({ ...BOOKING, resourceId: ({ result }) => result.uuid })
  async elements(): Promise<readonly (Booking | undefined)[]> {
    return [booking];
  }

  @EmitWebhook({
    ...BOOKING,
    before: ({ args: [, before] }) => before,
    manager: ({ args: [, , manager] }) => manager,
  })
  async moreArguments(_uuid: string, _before?: JsonObject, _manager?: EntityManager, _more = 1): Promise<Booking> {
    return booking;
  }

  @EmitWebhook(SLOT)
  constants(): JsonObject | Promise<JsonObject> {
    return {};
  }

  @EmitWebhook({ ...SLOT, supplierId: ({ args: [supplierId] }) => supplierId })
  private async hidden(_supplierId: string): Promise<JsonObject> {
    return {};
  }

  @EmitWebhook({
    event: 'product_update',
    supplierId: 'supplier-1',
    resourceId: ({ args: [uuid] }) => uuid,
    before: ({ result }) => result,
  })
  async withoutDeclaredType(uuid: string) {
    const result: JsonObject = await this.hidden(uuid);
    return result;
  }
}
