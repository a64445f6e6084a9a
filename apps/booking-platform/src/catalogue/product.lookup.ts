import { OctoError } from 'nestjs-octo-webhooks';
import type { OptionState, ProductState, UnitState } from './product.state.js';

/** @throws OctoError INVALID_OPTION_ID */
export function optionOf(product: ProductState, optionId: string): OptionState {
  const option = product.options.find(({ id }) => id === optionId);
  if (option !== undefined) return option;
  const ids = product.options.map(({ id }) => id).join(', ');
  throw new OctoError('INVALID_OPTION_ID', `Product "${product.id}" has no option "${optionId}", only ${ids}.`, {
    optionId,
  });
}

/** How many places units take together. */
export function placesOf(units: readonly UnitState[]): number {
  return units.reduce((sum, { restrictions }) => sum + restrictions.paxCount, 0);
}

/** @throws OctoError INVALID_UNIT_ID */
export function unitOf(option: OptionState, unitId: string): UnitState {
  const unit = option.units.find(({ id }) => id === unitId);
  if (unit !== undefined) return unit;
  const ids = option.units.map(({ id }) => id).join(', ');
  throw new OctoError('INVALID_UNIT_ID', `Option "${option.id}" has no unit "${unitId}", only ${ids}.`, { unitId });
}
