import type { JsonObject, WebhookView } from 'nestjs-octo-webhooks';
import { negotiateLanguage } from '../octo/languages.js';
import { pricingOf, showsPricing } from './pricing.js';
import type { OptionState, ProductState, UnitState } from './product.state.js';

/** A product as `GET /products/{id}` returns it, and as `product_update` sends it. */
export function serializeProduct(product: ProductState, view: WebhookView): JsonObject {
  return {
    id: product.id,
    internalName: product.internalName,
    reference: product.reference,
    locale: product.locale,
    timeZone: product.timeZone,
    allowFreesale: false,
    instantConfirmation: product.instantConfirmation,
    instantDelivery: product.instantDelivery,
    availabilityRequired: true,
    availabilityType: product.availabilityType,
    deliveryFormats: product.deliveryFormats,
    deliveryMethods: product.deliveryMethods,
    redemptionMethod: product.redemptionMethod,
    settlementMethods: product.settlementMethods,
    tags: product.tags,
    ...(showsPricing(view) ? pricingFields(product) : {}),
    ...(view.capabilities.includes('octo/content') ? product.content[negotiateLanguage(view.language)] : {}),
    options: product.options.map((option) => serializeOption(product, option, view)),
  };
}

/** An option, as a part of a product or of a booking. */
export function serializeOption(product: ProductState, option: OptionState, view: WebhookView): JsonObject {
  return {
    id: option.id,
    default: option.default,
    internalName: option.internalName,
    reference: option.reference,
    availabilityLocalStartTimes: option.availabilityLocalStartTimes,
    cancellationCutoff: `${option.cancellationCutoffHours} hours`,
    cancellationCutoffAmount: option.cancellationCutoffHours,
    cancellationCutoffUnit: 'hour',
    requiredContactFields: option.requiredContactFields,
    restrictions: option.restrictions,
    units: option.units.map((unit) => serializeUnit(product, unit, view)),
  };
}

/** A unit, as a part of an option or of a unit item. */
export function serializeUnit(product: ProductState, unit: UnitState, view: WebhookView): JsonObject {
  return {
    id: unit.id,
    internalName: unit.internalName,
    reference: unit.reference,
    type: unit.type,
    restrictions: unit.restrictions,
    requiredContactFields: unit.requiredContactFields,
    ...(showsPricing(view) ? { pricingFrom: [pricingOf(product, [unit])] } : {}),
  };
}

function pricingFields(product: ProductState): JsonObject {
  return {
    defaultCurrency: product.currency,
    availableCurrencies: [product.currency],
    pricingPer: 'UNIT',
    includeTax: true,
  };
}
