import { Injectable } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { optionOf, unitOf } from '../catalogue/product.lookup.js';
import type { OptionState, ProductState } from '../catalogue/product.state.js';
import { Clock } from '../clock.js';
import { availabilityState } from './availability.snapshot.js';
import type { AvailabilityState, UnitQuantity } from './availability.state.js';
import { dateRangeOf, type DateFilter } from '../calendar/date-range.js';
import type { SlotEdit } from './places/places-change.js';
import { PlacesService } from './places/places.service.js';
import { slotById, slotsBetween, type Slot } from './slots.js';

/** A product's option, and one way to select departures. */
export interface DeparturesRequest extends DateFilter {
  readonly productId: string;
  readonly optionId: string;
  readonly availabilityIds?: readonly string[];
  /** The guests for whom availability is requested. */
  readonly units?: readonly UnitQuantity[];
}

/** A departure, and the supplier's changes to it. */
export interface DepartureEdit extends SlotEdit {
  readonly productId: string;
  readonly optionId: string;
  readonly availabilityId: string;
}

/** Finds departures and the number of their places. */
@Injectable()
export class AvailabilityService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly catalogue: CatalogueService,
    private readonly places: PlacesService,
    private readonly clock: Clock,
  ) {}

  /** @throws OctoError for ids that do not exist, and when the request does not select departures in exactly one way */
  async check(supplierId: string, request: DeparturesRequest): Promise<AvailabilityState[]> {
    const product = await this.catalogue.product(supplierId, request.productId);
    const option = optionOf(product, request.optionId);
    const units = (request.units ?? []).map(({ id, quantity }) => ({ id: unitOf(option, id).id, quantity }));
    const now = this.clock.now();
    const slots = selectSlots(product, option, request, now);
    const rows = await this.places.rows(this.dataSource.manager, {
      productId: product.id,
      optionId: option.id,
      ids: slots.map(({ id }) => id),
    });
    return slots.map((slot) => availabilityState({ product, option, slot, stored: rows.get(slot.id) }, now, units));
  }

  /**
   * Changes how many places a departure has, closes it or opens it again.
   *
   * @throws OctoError for ids that do not exist, and for a capacity below the places that are taken
   */
  edit(supplierId: string, request: DepartureEdit): Promise<AvailabilityState> {
    if (request.capacity === undefined && request.closed === undefined) {
      return Promise.reject(new OctoError('BAD_REQUEST', 'Send capacity, closed, or both; neither was sent.'));
    }
    return this.dataSource.transaction(async (manager) => {
      const product = await this.catalogue.product(supplierId, request.productId, manager);
      const option = optionOf(product, request.optionId);
      const now = this.clock.now();
      const slot = requireSlot(product, option, request.availabilityId, now);
      const departure = { productId: product.id, optionId: option.id, slot, capacity: option.capacity };
      return this.places.edit(manager, supplierId, departure, request, now);
    });
  }
}

function selectSlots(product: ProductState, option: OptionState, request: DeparturesRequest, now: Date): Slot[] {
  const range = dateRangeOf(request);
  const ids = request.availabilityIds ?? null;
  if (range !== null && ids === null) return slotsBetween(product, option, range, now);
  if (range === null && ids !== null) return ids.map((id) => requireSlot(product, option, id, now));
  throw new OctoError(
    'BAD_REQUEST',
    'Send exactly one of: localDate, localDateStart with localDateEnd, or availabilityIds.',
  );
}

/** @throws OctoError INVALID_AVAILABILITY_ID */
export function requireSlot(product: ProductState, option: OptionState, availabilityId: string, now: Date): Slot {
  const slot = slotById(product, option, availabilityId, now);
  if (slot !== null) return slot;
  throw new OctoError(
    'INVALID_AVAILABILITY_ID',
    `There is no availability "${availabilityId}" for this product and option; POST /availability lists them.`,
    { availabilityId },
  );
}
