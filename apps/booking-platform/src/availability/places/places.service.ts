import { Injectable } from '@nestjs/common';
import { OctoError, WebhookEmitter } from 'nestjs-octo-webhooks';
import { In, type EntityManager } from 'typeorm';
import { CatalogueService } from '../../catalogue/catalogue.service.js';
import { optionOf } from '../../catalogue/product.lookup.js';
import { availabilityState } from '../availability.snapshot.js';
import type { AvailabilityState } from '../availability.state.js';
import { netChanges, type PlacesChange, type SlotDefaults, type SlotEdit, type SlotKey } from './places-change.js';
import { SlotEntity } from './slot.entity.js';

/**
 * Counts places, and emits events to the supplier's connections in the same transaction. No other class writes
 * availability rows.
 */
@Injectable()
export class PlacesService {
  constructor(
    private readonly catalogue: CatalogueService,
    private readonly webhooks: WebhookEmitter,
  ) {}

  /**
   * Takes and gives back places, all of them or none. It must be called only once in a transaction, with all its
   * changes. Then the rows are locked in a fixed order, and each departure emits one event.
   *
   * @throws OctoError UNPROCESSABLE_ENTITY when a departure has too few places left, or was closed by the supplier
   */
  async apply(manager: EntityManager, supplierId: string, changes: readonly PlacesChange[], now: Date): Promise<void> {
    // The order is fixed, so that two bookings that swap departures cannot deadlock.
    for (const change of netChanges(changes)) {
      if (!(await this.count(manager, change))) {
        await this.open(manager, change);
        if (!(await this.count(manager, change))) throw await this.refusal(manager, change);
      }
      await this.announce(manager, supplierId, change, now);
    }
  }

  /**
   * Changes the capacity of a departure, closes it or opens it again. If nothing changes, no event is emitted.
   *
   * @throws OctoError UNPROCESSABLE_ENTITY for a capacity below the places that are taken
   */
  async edit(
    manager: EntityManager,
    supplierId: string,
    departure: SlotDefaults,
    edit: SlotEdit,
    now: Date,
  ): Promise<AvailabilityState> {
    await this.open(manager, departure);
    const where = rowOf(departure);
    const row = await manager.findOneOrFail(SlotEntity, { where, lock: { mode: 'pessimistic_write' } });
    const { capacity = row.capacity, closed = row.closed } = edit;
    if (capacity === row.capacity && closed === row.closed) return this.state(manager, supplierId, departure, now);
    if (capacity < row.taken) {
      throw new OctoError(
        'UNPROCESSABLE_ENTITY',
        `The field capacity is ${capacity}, but ${row.taken} places are taken; it must be at least that.`,
        { availabilityId: departure.slot.id },
      );
    }
    await manager.update(SlotEntity, where, { capacity, closed });
    return this.announce(manager, supplierId, departure, now);
  }

  /** The rows of those departures that have one, by availability id. */
  async rows(
    manager: EntityManager,
    slots: Omit<SlotKey, 'slot'> & { readonly ids: readonly string[] },
  ): Promise<Map<string, SlotEntity>> {
    const { productId, optionId, ids } = slots;
    const rows = await manager.findBy(SlotEntity, { productId, optionId, id: In(ids) });
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Checks and changes in one statement, so only one of two bookings for the last place succeeds. */
  private async count(manager: EntityManager, change: PlacesChange): Promise<boolean> {
    const update = manager
      .createQueryBuilder()
      .update(SlotEntity)
      .set({ taken: () => 'taken + :places' })
      .where(rowOf(change))
      .andWhere('taken + :places BETWEEN 0 AND capacity')
      .setParameter('places', change.places);
    // Places of a departure that the supplier closed can still be given back.
    if (change.places > 0) update.andWhere('closed = :closed', { closed: false });
    const { affected } = await update.execute();
    return affected === 1;
  }

  /**
   * Creates the row if there is none, by an upsert that changes nothing. Unlike "insert or ignore", it cannot deadlock
   * in MySQL.
   */
  private async open(manager: EntityManager, { capacity, ...key }: SlotDefaults): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(SlotEntity)
      .values({ ...rowOf(key), capacity, taken: 0, closed: false })
      .orUpdate(['product_id'], ['product_id', 'option_id', 'id'])
      .execute();
  }

  private async refusal(manager: EntityManager, change: PlacesChange): Promise<Error> {
    const availabilityId = change.slot.id;
    if (change.places < 0) return new Error(`More places given back than taken: ${JSON.stringify(change)}.`);
    const { closed } = await manager.findOneByOrFail(SlotEntity, rowOf(change));
    const reason = closed ? 'is closed for booking' : `has fewer than ${change.places} places left`;
    return new OctoError('UNPROCESSABLE_ENTITY', `The availability "${availabilityId}" ${reason}.`, { availabilityId });
  }

  /** Emits `availability_update`. */
  private async announce(
    manager: EntityManager,
    supplierId: string,
    departure: SlotKey,
    now: Date,
  ): Promise<AvailabilityState> {
    const after = await this.state(manager, supplierId, departure, now);
    const { productId, optionId, slot } = departure;
    await this.webhooks.emit(
      { event: 'availability_update', supplierId, productId, optionId, availabilityId: slot.id, after },
      { manager },
    );
    return after;
  }

  /** The state with the product as it is offered now, which may differ from the product of a booking. */
  private async state(
    manager: EntityManager,
    supplierId: string,
    departure: SlotKey,
    now: Date,
  ): Promise<AvailabilityState> {
    const product = await this.catalogue.product(supplierId, departure.productId, manager);
    const option = optionOf(product, departure.optionId);
    const stored = await manager.findOneByOrFail(SlotEntity, rowOf(departure));
    return availabilityState({ product, option, slot: departure.slot, stored }, now);
  }
}

function rowOf({ productId, optionId, slot }: SlotKey): Pick<SlotEntity, 'productId' | 'optionId' | 'id'> {
  return { productId, optionId, id: slot.id };
}
