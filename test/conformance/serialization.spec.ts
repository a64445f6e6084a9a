import { beforeAll, describe, expect, it } from '@jest/globals';
import type { JsonObject, OctoWebhook, ResourceSnapshot, WebhookSettings, WebhookView } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import type { OctoClient } from '../support/octo-client.js';
import { everyChangeFannedOut } from '../support/outbox-state.js';
import { HARBOUR_WALK, reserve, usePlatform } from '../support/platform.js';
import { useReceiver, type ReceivedRequest } from '../support/receiver.js';
import { bookingChange, CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const CAPABILITY_SETS = [[], ['octo/pricing'], ['octo/content'], ['octo/pricing', 'octo/content']];
const EVENTS = ['booking_update', 'order_update', 'product_update', 'availability_update'] as const;
const FRENCH_GUEST = { fullName: 'Jeanne', emailAddress: 'jeanne@example.com', locales: ['fr-CH', 'fr'] };

/** The objects that one run through the platform has changed. */
interface Changed {
  readonly bookingUuid: string;
  readonly orderId: string;
  readonly availabilityId: string;
}

describeOnServers('Serialization (section 4)', (kind) => {
  const platform = usePlatform(kind);
  const receiver = useReceiver('group');
  const resellerA = platform.client('key-reseller-a').with('octo/webhooks, octo/cart');
  const { backoffice } = platform;

  /** So that a new webhook receives no changes of earlier tests. */
  async function subscribe(
    path: string,
    settings: Partial<WebhookSettings>,
    capabilities: readonly string[],
  ): Promise<OctoWebhook> {
    await everyChangeFannedOut(platform.dataSource.manager);
    const client = resellerA.with(['octo/webhooks', ...capabilities].join(', '));
    const { status, body } = await client.post<OctoWebhook>('/webhooks', { url: receiver.url(path), ...settings });
    expect(status).toBe(200);
    return body;
  }

  function at(path: string): ReceivedRequest[] {
    return receiver.requests.filter((request) => request.path === path);
  }

  /** The object of the delivery with that number at a path. */
  async function delivered(path: string, count: number): Promise<JsonObject> {
    await waitUntil(`${count} requests at ${path}`, () => at(path).length >= count);
    const { booking, order, product, availability } = at(path)[count - 1]?.body ?? {};
    return (booking ?? order ?? product ?? availability ?? {}) as JsonObject;
  }

  let edits = 0;

  /** Makes an order of one booking, confirms it, and changes the product and a slot; the booking is done last. */
  async function changeOneOfEach(contact: object): Promise<Changed> {
    edits += 1;
    await backoffice.patch(`/products/${HARBOUR_WALK.productId}`, { internalName: `Harbour Walk ${edits}` });
    const { body: order } = await resellerA.post<{ id: string }>('/orders', { contact });
    const bookingUuid = await reserve(resellerA, { orderId: order.id, contact });
    await resellerA.post(`/orders/${order.id}/confirm`);
    const { body: booking } = await resellerA.get<{ availabilityId: string }>(`/bookings/${bookingUuid}`);
    return { bookingUuid, orderId: order.id, availabilityId: booking.availabilityId };
  }

  /** How many deliveries of an event `changeOneOfEach` makes. */
  const DELIVERIES = { booking_update: 2, order_update: 3, product_update: 1, availability_update: 1 };

  async function read(event: (typeof EVENTS)[number], changed: Changed, client: OctoClient): Promise<JsonObject> {
    switch (event) {
      case 'booking_update':
        return (await client.get<JsonObject>(`/bookings/${changed.bookingUuid}`)).body;
      case 'order_update':
        return (await client.get<JsonObject>(`/orders/${changed.orderId}`)).body;
      case 'product_update':
        return (await client.get<JsonObject>(`/products/${HARBOUR_WALK.productId}`)).body;
      case 'availability_update': {
        const availabilityIds = [changed.availabilityId];
        const { body } = await client.post<JsonObject[]>('/availability', { ...HARBOUR_WALK, availabilityIds });
        return body[0] ?? {};
      }
    }
  }

  describe.each(CAPABILITY_SETS.map((capabilities) => ({ capabilities, set: capabilities.join(' + ') || 'none' })))(
    'the same shape as the read endpoint, with the stored capabilities: $set',
    ({ capabilities, set }) => {
      let changed: Changed;

      beforeAll(async () => {
        for (const event of EVENTS) await subscribe(`/${event}/${encodeURIComponent(set)}`, { event }, capabilities);
        changed = await changeOneOfEach({ fullName: 'Jane', emailAddress: 'jane@example.com' });
      });

      it.each(EVENTS)('%s', async (event) => {
        const object = await delivered(`/${event}/${encodeURIComponent(set)}`, DELIVERIES[event]);
        const cart = event === 'order_update' ? ['octo/cart'] : [];
        expect(object).toEqual(await read(event, changed, resellerA.with([...cart, ...capabilities].join(', '))));
      });

      it.each(EVENTS)('%s has prices and content only with their capabilities', async (event) => {
        const [delivery] = at(`/${event}/${encodeURIComponent(set)}`).slice(-1);
        const text = delivery?.raw.toString() ?? '';
        expect(text.includes('"retail":')).toBe(capabilities.includes('octo/pricing'));
        // A slot has no content.
        const hasContent = capabilities.includes('octo/content') && event !== 'availability_update';
        expect(text.includes('"shortDescription":')).toBe(hasContent);
      });
    },
  );

  it('order_update: octo/cart forced on, and visible in capabilities', async () => {
    const webhook = await subscribe('/cart', { event: 'order_update' }, []);
    expect(webhook.capabilities).toEqual(['octo/cart']);
    const { orderId } = await changeOneOfEach(FRENCH_GUEST);
    expect(await delivered('/cart', 3)).toMatchObject({ bookings: [{ orderId, primary: true }] });
  });

  it('with octo/cart a booking names its order', async () => {
    await subscribe('/booking-cart', { event: 'booking_update' }, ['octo/cart']);
    const { bookingUuid, orderId } = await changeOneOfEach({ emailAddress: 'jane@example.com' });
    const object = await delivered('/booking-cart', 2);
    expect(object).toMatchObject({ orderId, primary: true });
    expect(object).toEqual((await resellerA.with('octo/cart').get(`/bookings/${bookingUuid}`)).body);
  });

  it('stored capabilities are those of the last update', async () => {
    const webhook = await subscribe('/narrowed', { event: 'booking_update' }, ['octo/pricing']);
    expect(webhook.capabilities).toEqual(['octo/pricing']);
    const uuid = await reserve(resellerA);
    expect(await delivered('/narrowed', 1)).toHaveProperty('pricing');
    await resellerA.with('octo/webhooks').patch(`/webhooks/${webhook.id}`);
    await resellerA.post(`/bookings/${uuid}/cancel`);
    const object = await delivered('/narrowed', 2);
    expect(object).not.toHaveProperty('pricing');
    expect(object).toEqual((await resellerA.with('').get(`/bookings/${uuid}`)).body);
  });

  describe.each([
    { settings: {}, language: 'fr', rule: 'useContactLanguage left out is true' },
    { settings: { useContactLanguage: true }, language: 'fr', rule: "useContactLanguage true: the guest's language" },
    {
      settings: { useContactLanguage: false },
      language: 'en',
      rule: 'useContactLanguage false: the default language',
    },
  ])('$rule', ({ settings, language, rule }) => {
    let changed: Changed;
    const path = (event: string) => `/${encodeURIComponent(rule)}/${event}`;

    beforeAll(async () => {
      for (const event of EVENTS) await subscribe(path(event), { event, ...settings }, ['octo/content']);
      changed = await changeOneOfEach(FRENCH_GUEST);
    });

    it.each(['booking_update', 'order_update'] as const)('%s', async (event) => {
      const object = await delivered(path(event), DELIVERIES[event]);
      const capabilities = event === 'order_update' ? 'octo/cart, octo/content' : 'octo/content';
      expect(object).toEqual(await read(event, changed, resellerA.with(capabilities, { 'accept-language': language })));
      expect(JSON.stringify(object).includes('Promenade du port')).toBe(language === 'fr');
    });

    it.each(['product_update', 'availability_update'] as const)('no effect on %s: no contact', async (event) => {
      const object = await delivered(path(event), DELIVERIES[event]);
      expect(object).toEqual(await read(event, changed, resellerA.with('octo/content', { 'accept-language': 'en' })));
    });
  });

  it.each([
    { locales: ['es', 'de-AT', 'fr'], language: 'de' },
    { locales: ['es', 'it'], language: 'en' },
    { locales: [], language: 'en' },
  ])('contact.locales $locales, in order of preference: $language', async ({ locales, language }) => {
    const path = `/locales/${locales.join('-')}`;
    await subscribe(path, { event: 'booking_update' }, ['octo/content']);
    const uuid = await reserve(resellerA, { contact: { locales } });
    const client = resellerA.with('octo/content', { 'accept-language': language });
    expect(await delivered(path, 1)).toEqual((await client.get(`/bookings/${uuid}`)).body);
  });

  it('diff between two serializations with the same capabilities and language', async () => {
    await subscribe('/same-view', { event: 'booking_update' }, ['octo/content']);
    const uuid = await reserve(resellerA, { contact: { locales: ['en'] } });
    await resellerA.patch(`/bookings/${uuid}`, { contact: { locales: ['fr'] } });
    const object = await delivered('/same-view', 2);
    expect(object).toMatchObject({ product: { title: 'Promenade du port' } });
    const paths = at('/same-view')[1]?.body.diff?.map(({ path }) => path) ?? [];
    expect(paths).toContain('/contact/locales/0');
    expect(paths.filter((path) => path.startsWith('/product'))).toEqual([]);
  });
});

describeOnServers('One serialization for all that see the same (section 4)', (kind) => {
  const serialized: [ResourceSnapshot, WebhookView][] = [];
  class CountingHost extends TestWebhooksHost {
    override serialize(...asked: [ResourceSnapshot, WebhookView]): Promise<JsonObject> {
      serialized.push(asked);
      return super.serialize(...asked);
    }
  }
  const host = useTestHost(kind, {}, { extras: { host: CountingHost } });
  const receiver = useReceiver();

  it('once before and once after per (capabilities, language), however many webhooks share it', async () => {
    for (let count = 0; count < 5; count += 1) await host.subscribe({ url: receiver.url('/shared') });
    await host.emitter.emit(bookingChange('booking-1', 'ON_HOLD', 'CONFIRMED'));
    await receiver.received(5);
    expect(serialized.map(([{ state }]) => state['status']).toSorted()).toEqual(['CONFIRMED', 'ON_HOLD']);

    serialized.length = 0;
    await host.webhooks.create(CONNECTIONS.b, { event: 'booking_update', url: receiver.url('/other-view') }, []);
    await host.emitter.emit({
      ...bookingChange('booking-2', 'ON_HOLD', 'CONFIRMED'),
      connectionIds: ['connection-a', 'connection-b'],
    });
    await receiver.received(11);
    expect(serialized).toHaveLength(4);
    const views = serialized.map(([, { capabilities }]) => capabilities.join(', '));
    expect(views.toSorted()).toEqual(['', '', 'octo/pricing', 'octo/pricing']);
  });
});
