import { Injectable } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import type { EntityManager } from 'typeorm';
import { requireSlot } from '../../availability/availability.service.js';
import { isPastCutoff } from '../../availability/availability.snapshot.js';
import type { PlacesChange } from '../../availability/places/places-change.js';
import { PlacesService } from '../../availability/places/places.service.js';
import type { Slot } from '../../availability/slots.js';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { optionOf } from '../../catalogue/product.lookup.js';
import type { ProductState } from '../../catalogue/product.state.js';
import type { BookingEntity } from '../model/booking.entity.js';
import type { UnitItem } from '../model/booking.state.js';
import { checkRestrictions, placesFor } from './restrictions.js';
import { mergeUnitItems, type UnitItemRequest } from './unit-items.js';

/** The terms of a booking: product, option, departure and unit items. */
export interface BookingTerms {
  readonly product: ProductState;
  readonly optionId: string;
  readonly slot: Slot;
  readonly unitItems: UnitItem[];
}

/** A request for other terms. Absent fields keep their values. */
export interface TermsRequest {
  readonly productId?: string | null;
  readonly optionId?: string | null;
  readonly availabilityId?: string | null;
  readonly unitItems?: readonly UnitItemRequest[] | null;
}

/** A request for a new booking, which must set all terms. */
export interface FullTermsRequest extends TermsRequest {
  readonly productId: string;
  readonly optionId: string;
  readonly availabilityId: string;
}

/** Sets the terms of a booking, and takes and gives back its places. */
@Injectable()
export class BookingTermsService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly places: PlacesService,
  ) {}

  /**
   * Takes the places of a new booking and returns its terms.
   *
   * @throws OctoError when the terms do not exist, are not permitted, or there are too few places
   */
  async open(
    manager: EntityManager,
    supplierId: string,
    supplierReference: string,
    request: FullTermsRequest,
    now: Date,
  ): Promise<BookingTerms> {
    const product = await this.catalogue.product(supplierId, request.productId, manager);
    const option = optionOf(product, request.optionId);
    const terms = {
      product,
      optionId: option.id,
      slot: requireSlot(product, option, request.availabilityId, now),
      unitItems: mergeUnitItems([], requireUnitItems(request), supplierReference),
    };
    checkRestrictions(option, terms.unitItems);
    refusePastCutoff(terms.slot, now);
    await this.places.apply(manager, supplierId, [placesOf(terms, 1)], now);
    return terms;
  }

  /** Exchanges the places of an existing booking and returns its new terms. Throws as `open` does. */
  async change(
    manager: EntityManager,
    booking: BookingEntity,
    request: TermsRequest,
    now: Date,
  ): Promise<BookingTerms> {
    const product = await this.productFor(manager, booking, request);
    const option = optionOf(product, request.optionId ?? booking.optionId);
    const unitItems = request.unitItems ?? null;
    const terms = {
      product,
      optionId: option.id,
      slot: requireSlot(product, option, request.availabilityId ?? booking.slot.id, now),
      unitItems:
        unitItems === null
          ? booking.unitItems
          : mergeUnitItems(booking.unitItems, unitItems, booking.supplierReference),
    };
    checkRestrictions(option, terms.unitItems);
    const changes = [placesOf(booking, -1), placesOf(terms, 1)];
    if (!cancelsOut(changes)) refusePastCutoff(terms.slot, now);
    await this.places.apply(manager, booking.supplierId, changes, now);
    return terms;
  }

  /** The product as it was sold, unless the request names another one. */
  private async productFor(
    manager: EntityManager,
    { product, supplierId }: BookingEntity,
    { productId }: TermsRequest,
  ): Promise<ProductState> {
    if ((productId ?? product.id) === product.id) return product;
    return this.catalogue.product(supplierId, productId ?? product.id, manager);
  }

  /**
   * Gives back the places of bookings with one supplier. It must be called only once in a transaction, for all of them.
   */
  async release(
    manager: EntityManager,
    supplierId: string,
    bookings: readonly BookingEntity[],
    now: Date,
  ): Promise<void> {
    const changes = bookings.map((booking) => placesOf(booking, -1));
    await this.places.apply(manager, supplierId, changes, now);
  }
}

function requireUnitItems({ unitItems }: TermsRequest): readonly UnitItemRequest[] {
  if (unitItems !== null && unitItems !== undefined) return unitItems;
  throw new OctoError('UNPROCESSABLE_ENTITY', 'The field unitItems is missing; it must list at least one unit item.');
}

/** Writes the terms into a booking. */
export function applyTerms(booking: BookingEntity, { product, optionId, slot, unitItems }: BookingTerms): void {
  booking.product = product;
  booking.optionId = optionId;
  booking.slot = slot;
  booking.localDate = slot.id.slice(0, 10);
  booking.unitItems = unitItems;
}

function placesOf({ product, optionId, slot, unitItems }: BookingTerms, sign: 1 | -1): PlacesChange {
  const option = optionOf(product, optionId);
  return {
    productId: product.id,
    optionId,
    slot,
    places: sign * placesFor(option, unitItems),
    capacity: option.capacity,
  };
}

function cancelsOut([given, taken]: PlacesChange[]): boolean {
  return (
    given?.productId === taken?.productId &&
    given?.optionId === taken?.optionId &&
    given?.slot.id === taken?.slot.id &&
    (given?.places ?? 0) + (taken?.places ?? 0) === 0
  );
}

function refusePastCutoff(slot: Slot, now: Date): void {
  if (!isPastCutoff(slot, now)) return;
  throw new OctoError(
    'UNPROCESSABLE_ENTITY',
    `The availability "${slot.id}" closed for booking at ${slot.utcCutoffAt}.`,
    {
      availabilityId: slot.id,
    },
  );
}
