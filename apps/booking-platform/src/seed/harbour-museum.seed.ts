import type { ProductState } from '../catalogue/product.state.js';
import { adult, child } from './units.seed.js';

/** A museum in New York, which guests visit at any time while it is open. */
export const HARBOUR_MUSEUM: ProductState = {
  id: '7b3e5d90-61c8-4f2a-9e0d-2a84c6f1b735',
  internalName: 'Harbour Museum',
  reference: 'HARB-MUSEUM',
  locale: 'en',
  timeZone: 'America/New_York',
  availabilityType: 'OPENING_HOURS',
  instantConfirmation: true,
  instantDelivery: true,
  deliveryFormats: ['QRCODE'],
  deliveryMethods: ['TICKET'],
  redemptionMethod: 'DIGITAL',
  settlementMethods: ['DIRECT'],
  tags: [],
  currency: 'USD',
  currencyPrecision: 2,
  content: {
    en: {
      title: 'Harbour Museum',
      shortDescription: 'Ships, charts and stories of the port.',
      description: 'Three floors on the life of the harbour, from the first pier to the container ships of today.',
      highlights: ['The pilot boat of 1885', 'A bridge simulator'],
      coverImageUrl: 'https://images.example.com/harbour-museum.jpg',
    },
    fr: {
      title: 'Musée du port',
      shortDescription: 'Navires, cartes et récits du port.',
      description: 'Trois étages sur la vie du port, du premier quai aux porte-conteneurs d’aujourd’hui.',
      highlights: ['Le bateau-pilote de 1885', 'Un simulateur de passerelle'],
      coverImageUrl: 'https://images.example.com/harbour-museum.jpg',
    },
    de: {
      title: 'Hafenmuseum',
      shortDescription: 'Schiffe, Karten und Geschichten des Hafens.',
      description: 'Drei Etagen über das Leben im Hafen, vom ersten Pier bis zu den Containerschiffen von heute.',
      highlights: ['Das Lotsenboot von 1885', 'Ein Brückensimulator'],
      coverImageUrl: 'https://images.example.com/harbour-museum.jpg',
    },
  },
  options: [
    {
      id: 'DEFAULT',
      default: true,
      internalName: 'DEFAULT',
      reference: null,
      availabilityLocalStartTimes: [],
      durationMinutes: 90,
      openingHours: [{ from: '10:00', to: '18:00' }],
      capacity: 400,
      bookingCutoffMinutes: 30,
      cancellationCutoffHours: 24,
      requiredContactFields: [],
      restrictions: { minUnits: 1, maxUnits: 30, minPaxCount: 0, maxPaxCount: null },
      units: [adult({ original: 1800, retail: 1800, net: 1500 }), child({ original: 900, retail: 900, net: 750 })],
    },
  ],
};
