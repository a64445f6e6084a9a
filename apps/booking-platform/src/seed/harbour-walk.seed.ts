import type { ProductState } from '../catalogue/product.state.js';
import { adult, child } from './units.seed.js';

/** A walk in New York, twice a day. */
export const HARBOUR_WALK: ProductState = {
  id: 'e7cc8bb4-8d1c-4848-8824-5dbedb718681',
  internalName: 'Harbour Walk',
  reference: 'HARB-WALK',
  locale: 'en',
  timeZone: 'America/New_York',
  availabilityType: 'START_TIME',
  instantConfirmation: true,
  instantDelivery: true,
  deliveryFormats: ['QRCODE'],
  deliveryMethods: ['VOUCHER', 'TICKET'],
  redemptionMethod: 'DIGITAL',
  settlementMethods: ['DIRECT'],
  tags: [],
  currency: 'USD',
  currencyPrecision: 2,
  content: {
    en: {
      title: 'Harbour Walk',
      shortDescription: 'Two hours along the piers with a local guide.',
      description: 'Walk from Battery Park to the Seaport, and hear how a harbour made a city.',
      highlights: ['Small groups', 'View of the Statue of Liberty', 'Coffee at the Seaport'],
      coverImageUrl: 'https://images.example.com/harbour-walk.jpg',
    },
    fr: {
      title: 'Promenade du port',
      shortDescription: 'Deux heures le long des quais avec un guide local.',
      description: 'De Battery Park au Seaport, découvrez comment un port a fait naître une ville.',
      highlights: ['Petits groupes', 'Vue sur la statue de la Liberté', 'Café au Seaport'],
      coverImageUrl: 'https://images.example.com/harbour-walk.jpg',
    },
    de: {
      title: 'Hafenspaziergang',
      shortDescription: 'Zwei Stunden an den Piers mit einem ortskundigen Führer.',
      description: 'Vom Battery Park zum Seaport: wie ein Hafen eine Stadt entstehen ließ.',
      highlights: ['Kleine Gruppen', 'Blick auf die Freiheitsstatue', 'Kaffee am Seaport'],
      coverImageUrl: 'https://images.example.com/harbour-walk.jpg',
    },
  },
  options: [
    {
      id: '94cdd032-3d32-416d-b0a4-abf8b7495b8b',
      default: true,
      internalName: 'DEFAULT',
      reference: null,
      availabilityLocalStartTimes: ['09:00', '13:00'],
      durationMinutes: 120,
      openingHours: [],
      capacity: 20,
      bookingCutoffMinutes: 60,
      cancellationCutoffHours: 24,
      requiredContactFields: ['emailAddress'],
      restrictions: { minUnits: 1, maxUnits: 9, minPaxCount: 0, maxPaxCount: null },
      units: [adult({ original: 2200, retail: 2000, net: 1800 }), child({ original: 1100, retail: 1000, net: 900 })],
    },
  ],
};
