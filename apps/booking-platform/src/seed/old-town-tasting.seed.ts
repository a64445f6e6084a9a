import type { ProductState } from '../catalogue/product.state.js';
import { adult } from './units.seed.js';

/** An evening in Berlin, for adults. */
export const OLD_TOWN_TASTING: ProductState = {
  id: '5a9d3c17-0e4b-4f26-b8d2-c7e1a2f4b603',
  internalName: 'Old Town Tasting',
  reference: 'OLD-TOWN-TASTING',
  locale: 'de',
  timeZone: 'Europe/Berlin',
  availabilityType: 'START_TIME',
  instantConfirmation: true,
  instantDelivery: true,
  deliveryFormats: ['QRCODE'],
  deliveryMethods: ['VOUCHER'],
  redemptionMethod: 'DIGITAL',
  settlementMethods: ['DEFERRED'],
  tags: [],
  currency: 'EUR',
  currencyPrecision: 2,
  content: {
    en: {
      title: 'Old Town Tasting',
      shortDescription: 'Five bites and three drinks in the Nikolai Quarter.',
      description: 'An evening among the oldest streets of Berlin, from pub to patisserie.',
      highlights: ['Eight tastings', 'At most twelve guests'],
      coverImageUrl: null,
    },
    fr: {
      title: 'Dégustation dans la vieille ville',
      shortDescription: 'Cinq bouchées et trois boissons dans le quartier Saint-Nicolas.',
      description: 'Une soirée dans les plus vieilles rues de Berlin, du bistrot à la pâtisserie.',
      highlights: ['Huit dégustations', 'Douze convives au plus'],
      coverImageUrl: null,
    },
    de: {
      title: 'Kostproben in der Altstadt',
      shortDescription: 'Fünf Happen und drei Getränke im Nikolaiviertel.',
      description: 'Ein Abend in den ältesten Straßen Berlins, von der Kneipe bis zur Konditorei.',
      highlights: ['Acht Kostproben', 'Höchstens zwölf Gäste'],
      coverImageUrl: null,
    },
  },
  options: [
    {
      id: 'DEFAULT',
      default: true,
      internalName: 'DEFAULT',
      reference: null,
      availabilityLocalStartTimes: ['18:30'],
      durationMinutes: 180,
      openingHours: [],
      capacity: 12,
      bookingCutoffMinutes: 180,
      cancellationCutoffHours: 48,
      requiredContactFields: ['fullName', 'phoneNumber'],
      restrictions: { minUnits: 1, maxUnits: 6, minPaxCount: 0, maxPaxCount: null },
      units: [adult({ original: 6900, retail: 6900, net: 5500 })],
    },
  ],
};
