import type { Slot } from '../slots.js';

/** Names a departure. */
export interface SlotKey {
  readonly productId: string;
  readonly optionId: string;
  readonly slot: Slot;
}

/** A departure, with what its row starts with when there is none yet. */
export interface SlotDefaults extends SlotKey {
  readonly capacity: number;
}

/** How many places to take from a departure, or, below zero, to give back. */
export interface PlacesChange extends SlotDefaults {
  readonly places: number;
}

/** What a supplier changes about a departure; what is absent stays as it is. */
export interface SlotEdit {
  readonly capacity?: number | undefined;
  readonly closed?: boolean | undefined;
}

/** One change per departure, in the order of their keys; those that come to nothing are left out. */
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
