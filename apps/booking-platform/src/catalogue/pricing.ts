import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import type { ProductState, UnitPrice, UnitState } from './product.state.js';

/** Whether prices are part of the answer. */
export function showsPricing(view: WebhookView): boolean {
  return view.capabilities.includes('octo/pricing');
}

/** The OCTO pricing object for a number of units together. */
export function pricingOf(product: ProductState, units: readonly UnitState[]): JsonObject {
  const sum = (part: keyof UnitPrice): number => units.reduce((total, unit) => total + unit.price[part], 0);
  return {
    original: sum('original'),
    retail: sum('retail'),
    net: sum('net'),
    currency: product.currency,
    currencyPrecision: product.currencyPrecision,
    includedTaxes: [],
  };
}
