import type { OctoResponse } from '../octo-client.js';
import { faultsOf, type OctoObject } from './objects.js';

interface Route {
  /** Method and path, without a query. */
  readonly pattern: RegExp;
  readonly kind: OctoObject;
  readonly list?: boolean;
}

const ID = '[^/]+';

/** What each route of the platform answers with. */
const ROUTES: readonly Route[] = [
  { pattern: /^GET \/capabilities$/, kind: 'capability', list: true },
  { pattern: /^GET \/supplier$/, kind: 'supplier' },
  { pattern: /^GET \/products$/, kind: 'product', list: true },
  { pattern: new RegExp(`^GET /products/${ID}$`), kind: 'product' },
  { pattern: /^POST \/availability$/, kind: 'availability', list: true },
  { pattern: /^POST \/availability\/calendar$/, kind: 'calendarDate', list: true },
  { pattern: /^GET \/bookings$/, kind: 'booking', list: true },
  { pattern: /^POST \/bookings$/, kind: 'booking' },
  { pattern: new RegExp(`^(GET|PATCH) /bookings/${ID}$`), kind: 'booking' },
  { pattern: new RegExp(`^POST /bookings/${ID}/(confirm|extend|cancel)$`), kind: 'booking' },
  { pattern: /^POST \/orders$/, kind: 'order' },
  { pattern: new RegExp(`^(GET|PATCH) /orders/${ID}$`), kind: 'order' },
  { pattern: new RegExp(`^POST /orders/${ID}/(confirm|extend|cancel)$`), kind: 'order' },
];

/**
 * Checks an answer of the platform against OCTO's types, with the capabilities that the answer says are in force.
 * Routes of `octo/webhooks` are not the platform's; other tests check them.
 *
 * @throws Error that lists every fault
 */
export function checkAnswer(method: string, path: string, { status, headers, body }: OctoResponse<unknown>): void {
  const [route = ''] = path.split('?');
  if (/^\/webhooks(\/|$)/.test(route)) return;
  const capabilities = new Set((headers.get('octo-capabilities') ?? '').split(', '));
  const found = ROUTES.find(({ pattern }) => pattern.test(`${method} ${route}`));
  const faults = (kind: OctoObject, value: unknown): string[] => faultsOf(kind, value, capabilities);
  const all =
    status >= 400
      ? faults('error', body)
      : found === undefined
        ? [`no object is known for ${method} ${route}`]
        : (found.list === true ? (body as unknown[]) : [body]).flatMap((object) => faults(found.kind, object));
  if (all.length > 0) throw new Error(`${method} ${path} answers what OCTO does not know:\n${all.join('\n')}`);
}
