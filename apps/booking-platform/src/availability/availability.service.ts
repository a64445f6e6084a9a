import { Injectable } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { CatalogueService } from '../catalogue/catalogue.service.js';
import { optionOf, unitOf } from '../catalogue/product.lookup.js';
import type { OptionState, ProductState } from '../catalogue/product.state.js';
import { Clock } from '../clock.js';
import type { AvailabilityState } from './availability.state.js';
import type { CheckAvailabilityDto } from './check-availability.dto.js';
import { dateRangeOf } from '../calendar/date-range.js';
import { PlacesService } from './places.service.js';
import { slotById, slotsBetween, type Slot } from './slots.js';

/** Which departures there are, and how many places they have. */
@Injectable()
export class AvailabilityService {
  constructor(
    private readonly dataSource: DataSource,
    private readonly catalogue: CatalogueService,
    private readonly places: PlacesService,
    private readonly clock: Clock,
  ) {}

  /** @throws OctoError for ids that do not exist, and when the request does not say which departures it means */
  async check(supplierId: string, request: CheckAvailabilityDto): Promise<AvailabilityState[]> {
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
    return slots.map((slot) => ({
      product,
      optionId: option.id,
      slot,
      capacity: rows.get(slot.id)?.capacity ?? option.capacity,
      taken: rows.get(slot.id)?.taken ?? 0,
      closed: isClosed(slot, now),
      units,
    }));
  }
}

/** Whether it is too late to book a departure. */
export function isClosed(slot: Slot, now: Date): boolean {
  return slot.utcCutoffAt <= now.toISOString();
}

function selectSlots(product: ProductState, option: OptionState, request: CheckAvailabilityDto, now: Date): Slot[] {
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
