import { Injectable } from '@nestjs/common';
import {
  WebhooksHost,
  type JsonObject,
  type OctoConnection,
  type TriggerMatch,
  type TriggerQuery,
  type WebhookEventType,
  type ResourceSnapshot,
  type WebhookView,
} from 'nestjs-octo-webhooks';
import { AccountsService } from '../accounts/accounts.service.js';
import { serializeAvailability } from '../availability/availability.serializer.js';
import type { AvailabilityState } from '../availability/availability.state.js';
import { serializeBooking } from '../bookings/booking.serializer.js';
import type { BookingState } from '../bookings/model/booking.state.js';
import { serializeProduct } from '../catalogue/product.serializer.js';
import type { ProductState } from '../catalogue/product.state.js';
import { LANGUAGES } from '../octo/languages.js';
import { serializeOrder } from '../orders/order.serializer.js';
import type { OrderState } from '../orders/record/order.state.js';
import { TriggerFinder } from './trigger-finder.service.js';

/** The serializers of the controllers. A state is returned as it was emitted, so its event determines its type. */
const SERIALIZERS: Readonly<Record<WebhookEventType, (state: JsonObject, view: WebhookView) => JsonObject>> = {
  booking_update: (state, view) => serializeBooking(state as BookingState, view),
  order_update: (state, view) => serializeOrder(state as OrderState, view),
  availability_update: (state, view) => serializeAvailability(state as AvailabilityState, view),
  product_update: (state, view) => serializeProduct(state as ProductState, view),
};

/** The port of the webhooks library. It uses the same code as the controllers. */
@Injectable()
export class PlatformWebhooksHost extends WebhooksHost {
  constructor(
    private readonly accounts: AccountsService,
    private readonly triggers: TriggerFinder,
  ) {
    super();
  }

  connectionOf(authorization: string): Promise<OctoConnection | null> {
    return this.accounts.connectionOf(authorization);
  }

  supplier(supplierId: string): Promise<JsonObject> {
    return this.accounts.supplier(supplierId);
  }

  serialize({ event, state }: ResourceSnapshot, view: WebhookView): Promise<JsonObject> {
    return new Promise((resolve) => resolve(SERIALIZERS[event](state, view)));
  }

  findForTrigger(query: TriggerQuery): Promise<readonly TriggerMatch[]> {
    return this.triggers.find(query);
  }

  /** Every product has content in all of the platform's languages, so the supplier does not matter. */
  override languages(_supplierId: string): Promise<readonly string[]> {
    return Promise.resolve(LANGUAGES);
  }
}
