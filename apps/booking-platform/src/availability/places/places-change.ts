import type { Slot } from '../slots.js';

/** The key of a departure. */
export interface SlotKey {
  readonly productId: string;
  readonly optionId: string;
  readonly slot: Slot;
}

/** A departure, with the first values of its row if it has none yet. */
export interface SlotDefaults extends SlotKey {
  readonly capacity: number;
}

/** How many places to take from a departure. A negative number gives places back. */
export interface PlacesChange extends SlotDefaults {
  readonly places: number;
}

/** A supplier's changes to a departure. Absent fields keep their values. */
export interface SlotEdit {
  readonly capacity?: number | undefined;
  readonly closed?: boolean | undefined;
}

/** One change per departure, in the order of their keys. Changes that cancel each other out are omitted. */
export function netChanges(changes: readonly PlacesChange[]): PlacesChange[] {
  const byKey = new Map<string, PlacesChange>();
  for (const change of changes) {
    const key = JSON.stringify([change.productId, change.optionId, change.slot.id]);
    byKey.set(key, { ...change, places: change.places + (byKey.get(key)?.places ?? 0) });
  }
  return [...byKey]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, change]) => change)
    .filter(({ places }) => places !== 0);
}
