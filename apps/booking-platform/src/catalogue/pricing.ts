import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import type { OptionState, ProductState, UnitPrice, UnitState } from './product.state.js';

/** Whether prices are part of the response. */
export function showsPricing(view: WebhookView): boolean {
  return view.capabilities.includes('octo/pricing');
}

/** A number of units of one product. */
export interface PricedUnits {
  readonly product: ProductState;
  readonly units: readonly UnitState[];
}

/** The OCTO pricing object for a number of units together. */
export function pricingOf(product: ProductState, units: readonly UnitState[]): JsonObject {
  return pricingOfAll(product, [{ product, units }]);
}

/** The price of each unit of an option. */
export function unitPricingOf(product: ProductState, option: OptionState): JsonObject[] {
  return option.units.map((unit) => ({ unitId: unit.id, unitType: unit.type, ...pricingOf(product, [unit]) }));
}

/**
 * The OCTO pricing object for units of several products together.
 *
 * @param first the product whose currency they all share
 */
export function pricingOfAll(first: ProductState, parts: readonly PricedUnits[]): JsonObject {
  const prices = parts.flatMap(({ units }) => units.map(({ price }) => price));
  const sum = (part: keyof UnitPrice): number => prices.reduce((total, price) => total + price[part], 0);
  const { currency, currencyPrecision } = first;
  return {
    original: sum('original'),
    retail: sum('retail'),
    net: sum('net'),
    currency,
    currencyPrecision,
    includedTaxes: [],
  };
}
