import { beforeAll, describe, expect, it } from '@jest/globals';
import { BookingEntity } from '../../apps/booking-platform/src/bookings/model/booking.entity.js';
import { describeOnServers } from '../support/each-database.js';
import { faultsOfDelivery } from '../support/octo-objects/deliveries.js';
import type { OctoClient } from '../support/octo-client.js';
import { everythingSent } from '../support/outbox-state.js';
import { usePlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';
import { waitUntil } from '../support/wait-until.js';

const EVENTS = ['booking_update', 'order_update', 'product_update', 'availability_update'] as const;
const CAPABILITIES = ['octo/pricing', 'octo/content', 'octo/cart'];

/** Every set of capabilities, the empty one first. */
const CAPABILITY_SETS = CAPABILITIES.reduce<string[][]>(
  (sets, capability) => [...sets, ...sets.map((set) => [...set, capability])],
  [[]],
).map((capabilities) => ({ capabilities, set: capabilities.join(' + ') || 'none' }));

interface Product {
  readonly id: string;
  readonly options: readonly { readonly id: string }[];
}

/** A product's first option. */
interface Offer {
  readonly productId: string;
  readonly optionId: string;
}

const GUEST = { fullName: 'Jane Doe', emailAddress: 'jane@example.com' };
const DATES = { localDateStart: inDays(20), localDateEnd: inDays(22) };

/** The platform's client refuses each answer that is not as the types say. */
describeOnServers('The objects of the host are those of the OCTO types (5)', (kind) => {
  const platform = usePlatform(kind, { HOLD_SWEEP_MS: '50' });
  const receiver = useReceiver('group');
  const resellerA = platform.client('key-reseller-a');

  async function offers(client: OctoClient): Promise<Offer[]> {
    const { body: products } = await client.get<Product[]>('/products');
    return products.map(({ id, options }) => ({ productId: id, optionId: options[0]?.id ?? '' }));
  }

  async function reserve(client: OctoClient, offer: Offer, details: object = {}): Promise<string> {
    const { body: slots } = await client.post<{ id: string }[]>('/availability', { ...offer, ...DATES });
    const { body } = await client.post<{ uuid: string }>('/bookings', {
      ...offer,
      availabilityId: slots[0]?.id,
      unitItems: [{ unitId: 'unit_adult', contact: { firstName: 'Jane' } }, { unitId: 'unit_child' }],
      ...details,
    });
    return body.uuid;
  }

  /** Brings bookings into every status that the platform has. */
  async function everyStatus(client: OctoClient, offer: Offer): Promise<void> {
    const confirmed = await reserve(client, offer, { resellerReference: 'VOUCHER-1', notes: 'At the gate' });
    await client.post(`/bookings/${confirmed}/extend`, { expirationMinutes: 45 });
    await client.patch(`/bookings/${confirmed}`, { contact: GUEST });
    await client.post(`/bookings/${confirmed}/confirm`, { contact: { locales: ['fr'] } });
    await client.get(`/bookings/${confirmed}`);
    await client.get('/bookings?resellerReference=VOUCHER-1');
    await client.post(`/bookings/${confirmed}/cancel`, { reason: 'Rain' });
    await client.post(`/bookings/${await reserve(client, offer)}/cancel`);
    await client.get(`/bookings/${await expired(client, offer)}`);
  }

  /** A hold that nobody confirmed in time. */
  async function expired(client: OctoClient, offer: Offer): Promise<string> {
    const uuid = await reserve(client, offer);
    const utcExpiresAt = new Date(Date.now() - 1000).toISOString();
    await platform.dataSource.manager.update(BookingEntity, { uuid }, { utcExpiresAt });
    await waitUntil('the hold expires', async () => {
      const { body } = await client.get<{ status: string }>(`/bookings/${uuid}`);
      return body.status === 'EXPIRED';
    });
    return uuid;
  }

  async function order(client: OctoClient, offer: Offer): Promise<void> {
    const { body } = await client.post<{ id: string }>('/orders', { contact: GUEST });
    await reserve(client, offer, { orderId: body.id });
    await client.get(`/orders/${body.id}`);
    await client.post(`/orders/${body.id}/confirm`);
    await client.post(`/orders/${body.id}/cancel`);
  }

  describe.each(CAPABILITY_SETS)('with $set', ({ capabilities, set }) => {
    const client = resellerA.with(capabilities.join(', '));
    const path = `/${encodeURIComponent(set)}`;

    beforeAll(async () => {
      await everythingSent(platform.dataSource.manager);
      const subscriber = resellerA.with(['octo/webhooks', ...capabilities].join(', '));
      for (const event of EVENTS) {
        await subscriber.post('/webhooks', { event, url: receiver.url(`${path}/${event}`) });
      }
    });

    it('answers of the catalogue and of availability', async () => {
      await client.get('/capabilities');
      await client.get('/supplier');
      for (const offer of await offers(client)) {
        await client.get(`/products/${offer.productId}`);
        await client.post('/availability', { ...offer, ...DATES });
        await client.post('/availability', { ...offer, ...DATES, units: [{ id: 'unit_adult', quantity: 2 }] });
        await client.post('/availability/calendar', { ...offer, ...DATES });
        await client.post('/availability/calendar', { ...offer, ...DATES, units: [{ id: 'unit_adult', quantity: 2 }] });
      }
    });

    it('answers and deliveries of bookings in every status, of orders, products and slots', async () => {
      for (const offer of await offers(client)) {
        await everyStatus(client, offer);
        await order(resellerA.with(['octo/cart', ...capabilities].join(', ')), offer);
        const { status } = await platform.backoffice.patch(`/products/${offer.productId}`, {
          reference: `With ${set}`,
        });
        expect(status).toBe(200);
      }
      await everythingSent(platform.dataSource.manager);
      const sent = receiver.requests.filter((request) => request.path.startsWith(`${path}/`)).map(({ body }) => body);
      expect(new Set(sent.map(({ event }) => event))).toEqual(new Set(EVENTS));
      const statuses = new Set(sent.map(({ booking }) => booking?.['status']).filter((status) => status !== undefined));
      expect(statuses).toEqual(new Set(['ON_HOLD', 'CONFIRMED', 'CANCELLED', 'EXPIRED']));
      expect(sent.flatMap((body) => faultsOfDelivery(body))).toEqual([]);
    });
  });
});

function inDays(days: number): string {
  return new Date(Date.now() + days * 24 * 3_600_000).toISOString().slice(0, 10);
}
