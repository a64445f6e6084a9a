import { hashOfKey } from '../accounts/api-key.js';
import type { ConnectionEntity } from '../accounts/connection.entity.js';
import type { SupplierEntity } from '../accounts/supplier.entity.js';

/** The resellers' keys of the example data. Real keys would be random, and shown only once. */
export const SEED_KEYS = ['key-reseller-a', 'key-reseller-b', 'key-other-supplier'] as const;

/** The suppliers' own keys for the back office: City Sightseeing Group, then Altstadt Erlebnisse. */
export const SEED_SUPPLIER_KEYS = ['key-supplier-1', 'key-supplier-2'] as const;

/** City Sightseeing Group, New York. */
export const SUPPLIER_1 = '3d6f0a3a-59d4-4b16-a0c5-11d2d8a4e6b7';

/** Altstadt Erlebnisse, Berlin. */
export const SUPPLIER_2 = '8b1f6f0e-2f63-4b8c-9d57-6a3c1f0e7d42';

export const SEED_SUPPLIERS: SupplierEntity[] = [
  {
    id: SUPPLIER_1,
    name: 'City Sightseeing Group',
    keyHash: hashOfKey(SEED_SUPPLIER_KEYS[0]),
    details: {
      reference: 'CITY_SIGHTSEEING_GROUP',
      website: 'https://www.city-sightseeing.com',
      endpoint: 'https://api.example.com/octo',
      contact: {
        website: 'https://www.city-sightseeing.com',
        email: 'ops@example.com',
        telephone: null,
        address: null,
      },
    },
  },
  {
    id: SUPPLIER_2,
    name: 'Altstadt Erlebnisse',
    keyHash: hashOfKey(SEED_SUPPLIER_KEYS[1]),
    details: {
      reference: 'ALTSTADT_ERLEBNISSE',
      website: 'https://altstadt.example.com',
      endpoint: 'https://api.example.com/octo',
      contact: {
        website: 'https://altstadt.example.com',
        email: 'hallo@altstadt.example.com',
        telephone: '+49301234567',
        address: 'Nikolaikirchplatz 1, 10178 Berlin',
      },
    },
  },
];

export const SEED_CONNECTIONS: ConnectionEntity[] = [
  connection('a1f4c1de-6f0b-4b55-8a53-0d9f5c0a7e01', SUPPLIER_1, 'key-reseller-a'),
  connection('b2e5d2ef-7a1c-4c66-9b64-1eaf6d1b8f02', SUPPLIER_1, 'key-reseller-b'),
  connection('c3d6e3f0-8b2d-4d77-8c75-2fb07e2c9003', SUPPLIER_2, 'key-other-supplier'),
];

function connection(id: string, supplierId: string, key: (typeof SEED_KEYS)[number]): ConnectionEntity {
  return { id, supplierId, keyHash: hashOfKey(key), capabilities: ['octo/pricing', 'octo/content', 'octo/cart'] };
}
