import { Injectable } from '@nestjs/common';
import type { AvailabilityTriggerQuery, ProductTriggerQuery, TriggerMatch, TriggerQuery } from 'nestjs-octo-webhooks';
import { AvailabilityService } from '../availability/availability.service.js';
import { BookingsReader } from '../bookings/bookings-reader.service.js';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { OrdersReader } from '../orders/orders-reader.service.js';

/** Finds the objects that a trigger request names, in the form in which their changes are emitted. */
@Injectable()
export class TriggerFinder {
  constructor(
    private readonly bookings: BookingsReader,
    private readonly orders: OrdersReader,
    private readonly catalogue: CatalogueService,
    private readonly availability: AvailabilityService,
  ) {}

  /** @throws OctoError for a product, option, unit or availability that the supplier does not have */
  async find(query: TriggerQuery): Promise<TriggerMatch[]> {
    switch (query.event) {
      case 'booking_update': {
        const states = await this.bookings.search(query);
        return states.map((state) => ({ resourceId: state.uuid, state }));
      }
      case 'order_update': {
        const states = await this.orders.search(query);
        return states.map((state) => ({ resourceId: state.id, state }));
      }
      case 'product_update':
        return this.product(query);
      case 'availability_update':
        return this.departures(query);
    }
  }

  private async product({ supplierId, productId }: ProductTriggerQuery): Promise<TriggerMatch[]> {
    const state = await this.catalogue.product(supplierId, productId);
    return [{ resourceId: state.id, state }];
  }

  private async departures(query: AvailabilityTriggerQuery): Promise<TriggerMatch[]> {
    const { productId, optionId, availabilityIds, units } = query;
    const states = await this.availability.check(query.supplierId, { productId, optionId, availabilityIds, units });
    return states.map((state) => ({ resourceId: state.slot.id, state }));
  }
}
