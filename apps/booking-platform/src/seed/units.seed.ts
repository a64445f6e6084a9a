import type { UnitPrice, UnitState } from '../catalogue/product.state.js';

/** An adult. Every option of the example data has this unit. */
export function adult(price: UnitPrice): UnitState {
  return unit({ id: 'unit_adult', internalName: 'Adult', type: 'ADULT', minAge: 18, maxAge: 99, price });
}

/** A child, who must be booked together with an adult. */
export function child(price: UnitPrice): UnitState {
  return unit({
    id: 'unit_child',
    internalName: 'Child',
    type: 'CHILD',
    minAge: 4,
    maxAge: 17,
    accompaniedBy: ['unit_adult'],
    price,
  });
}

interface UnitSeed {
  readonly id: string;
  readonly internalName: string;
  readonly type: string;
  readonly minAge: number;
  readonly maxAge: number;
  readonly accompaniedBy?: string[];
  readonly price: UnitPrice;
}

function unit({ id, internalName, type, minAge, maxAge, accompaniedBy = [], price }: UnitSeed): UnitState {
  return {
    id,
    internalName,
    reference: internalName.toLowerCase(),
    type,
    restrictions: {
      required: false,
      minAge,
      maxAge,
      idRequired: false,
      minQuantity: 1,
      maxQuantity: null,
      paxCount: 1,
      accompaniedBy,
    },
    requiredContactFields: [],
    price,
  };
}
