import { Injectable } from '@nestjs/common';
import { OctoError } from 'nestjs-octo-webhooks';
import { In, type EntityManager } from 'typeorm';
import { SlotEntity } from './slot.entity.js';

/** Names a departure. */
export interface SlotKey {
  readonly productId: string;
  readonly optionId: string;
  readonly id: string;
}

/** How many places to take from a departure, or, below zero, to give back. */
export interface PlacesChange extends SlotKey {
  readonly places: number;
  /** What a new row starts with. */
  readonly capacity: number;
}

/** Keeps count of places. The only writer of availability rows. */
@Injectable()
export class PlacesService {
  /**
   * Takes and gives back places, all or nothing together with the rest of the transaction.
   *
   * @throws OctoError UNPROCESSABLE_ENTITY when a departure has too few left
   */
  async apply(manager: EntityManager, changes: readonly PlacesChange[]): Promise<void> {
    // In one fixed order, so that two bookings that swap departures do not wait for each other's row for ever.
    for (const change of net(changes)) {
      if (await this.count(manager, change)) continue;
      await this.open(manager, change);
      if (await this.count(manager, change)) continue;
      if (change.places < 0) throw new Error(`More places given back than taken: ${JSON.stringify(change)}.`);
      throw new OctoError(
        'UNPROCESSABLE_ENTITY',
        `The availability "${change.id}" has fewer than ${change.places} places left.`,
        { availabilityId: change.id },
      );
    }
  }

  /** The rows of those departures that have one, by id. */
  async rows(
    manager: EntityManager,
    slots: Omit<SlotKey, 'id'> & { readonly ids: readonly string[] },
  ): Promise<Map<string, SlotEntity>> {
    const { productId, optionId, ids } = slots;
    const rows = await manager.findBy(SlotEntity, { productId, optionId, id: In(ids) });
    return new Map(rows.map((row) => [row.id, row]));
  }

  /** Check and change in one statement: of two bookings for the last place, the database lets one through. */
  private async count(manager: EntityManager, { productId, optionId, id, places }: PlacesChange): Promise<boolean> {
    const { affected } = await manager
      .createQueryBuilder()
      .update(SlotEntity)
      .set({ taken: () => 'taken + :places' })
      .where({ productId, optionId, id })
      .andWhere('taken + :places BETWEEN 0 AND capacity')
      .setParameter('places', places)
      .execute();
    return affected === 1;
  }

  /** Makes the row if there is none. An upsert that changes nothing: unlike "insert or ignore" it cannot deadlock in MySQL. */
  private async open(manager: EntityManager, { productId, optionId, id, capacity }: PlacesChange): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(SlotEntity)
      .values({ productId, optionId, id, capacity, taken: 0 })
      .orUpdate(['product_id'], ['product_id', 'option_id', 'id'])
      .execute();
  }
}

/** One change per departure, in the order of their keys; those that come to nothing are left out. */
function net(changes: readonly PlacesChange[]): PlacesChange[] {
  const byKey = new Map<string, PlacesChange>();
  for (const change of changes) {
    const key = JSON.stringify([change.productId, change.optionId, change.id]);
    byKey.set(key, { ...change, places: change.places + (byKey.get(key)?.places ?? 0) });
  }
  return [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, change]) => change)
    .filter(({ places }) => places !== 0);
}
