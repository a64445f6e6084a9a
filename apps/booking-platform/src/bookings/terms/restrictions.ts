import { OctoError } from 'nestjs-octo-webhooks';
import { placesOf, unitOf } from '../../catalogue/product.lookup.js';
import type { OptionState } from '../../catalogue/product.state.js';

/** The number of places that unit items take. */
export function placesFor(option: OptionState, unitItems: readonly { readonly unitId: string }[]): number {
  return placesOf(unitItems.map(({ unitId }) => unitOf(option, unitId)));
}

/**
 * Checks unit items against the restrictions of the option and of each unit.
 *
 * @throws OctoError INVALID_UNIT_ID for a unit that the option does not have, UNPROCESSABLE_ENTITY for a broken limit
 */
export function checkRestrictions(option: OptionState, unitItems: readonly { readonly unitId: string }[]): void {
  const { minUnits, maxUnits, minPaxCount, maxPaxCount } = option.restrictions;
  within('units', unitItems.length, minUnits, maxUnits);
  within('guests', placesFor(option, unitItems), minPaxCount, maxPaxCount);
  const quantityOf = (unitId: string): number => unitItems.filter((item) => item.unitId === unitId).length;
  for (const { id, restrictions } of option.units) {
    const quantity = quantityOf(id);
    if (quantity === 0 && !restrictions.required) continue;
    within(`units "${id}"`, quantity, Math.max(1, restrictions.minQuantity), restrictions.maxQuantity);
    const companions = restrictions.accompaniedBy;
    if (companions.length === 0 || companions.some((companion) => quantityOf(companion) > 0)) continue;
    throw new OctoError(
      'UNPROCESSABLE_ENTITY',
      `The unit "${id}" can only be booked along with at least one of: ${companions.join(', ')}.`,
      { unitId: id },
    );
  }
}

function within(what: string, quantity: number, least: number, most: number | null): void {
  if (quantity >= least && (most === null || quantity <= most)) return;
  const allowed = most === null ? `${least} or more` : `${least} to ${most}`;
  throw new OctoError(
    'UNPROCESSABLE_ENTITY',
    `The number of ${what} in unitItems is ${quantity}; allowed: ${allowed}.`,
  );
}
