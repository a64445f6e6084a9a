import { Injectable } from '@nestjs/common';
import {
  WebhooksHost,
  type JsonObject,
  type OctoConnection,
  type WebhookResource,
  type WebhookView,
} from 'nestjs-octo-webhooks';
import { AccountsService } from '../accounts/accounts.service.js';
import { serializeAvailability } from '../availability/availability.serializer.js';
import type { AvailabilityState } from '../availability/availability.state.js';
import { serializeBooking } from '../bookings/booking.serializer.js';
import type { BookingState } from '../bookings/model/booking.state.js';
import { serializeProduct } from '../catalogue/product.serializer.js';
import type { ProductState } from '../catalogue/product.state.js';

/** What the webhooks library asks of this platform: answered with the code that the controllers use. */
@Injectable()
export class PlatformWebhooksHost extends WebhooksHost {
  constructor(private readonly accounts: AccountsService) {
    super();
  }

  connectionOf(authorization: string): Promise<OctoConnection | null> {
    return this.accounts.connectionOf(authorization);
  }

  supplier(supplierId: string): Promise<JsonObject> {
    return this.accounts.supplier(supplierId);
  }

  serialize(resource: WebhookResource, view: WebhookView): Promise<JsonObject> {
    return new Promise((resolve) => resolve(serializeResource(resource, view)));
  }
}

/** A state comes back as it was emitted, so its event says what type it has. */
function serializeResource({ event, state }: WebhookResource, view: WebhookView): JsonObject {
  switch (event) {
    case 'booking_update':
      return serializeBooking(state as BookingState, view);
    case 'product_update':
      return serializeProduct(state as ProductState, view);
    case 'availability_update':
      return serializeAvailability(state as AvailabilityState, view);
    case 'order_update':
      throw new Error('This platform has no orders yet, so it cannot serialize an order_update.');
  }
}
