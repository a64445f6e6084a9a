import { beforeEach, expect, it } from '@jest/globals';
import { type OctoWebhook, type WebhookSettings } from 'nestjs-octo-webhooks';
import { BookingEntity } from '../../apps/booking-platform/src/bookings/model/booking.entity.js';
import { OrderEntity } from '../../apps/booking-platform/src/orders/record/order.entity.js';
import { describeOnServers } from '../support/each-database.js';
import { everythingSent } from '../support/outbox-state.js';
import { HARBOUR_WALK, reserve, usePlatform } from '../support/platform.js';
import { useReceiver, type ReceivedRequest } from '../support/receiver.js';
import { waitUntil } from '../support/wait-until.js';

const CONTACT = { fullName: 'Jane Doe', emailAddress: 'jane@example.com' };

describeOnServers('Deliveries (sections 3.1, 3.3, 7)', (kind) => {
  const platform = usePlatform(kind, { HOLD_SWEEP_MS: '50' });
  const receiver = useReceiver('group');
  const resellerA = platform.client('key-reseller-a').with('octo/webhooks, octo/cart');
  const resellerB = platform.client('key-reseller-b').with('octo/webhooks, octo/cart');
  const { backoffice } = platform;

  beforeEach(async () => {
    const { body: webhooks } = await resellerA.get<OctoWebhook[]>('/webhooks');
    for (const { id } of webhooks) await resellerA.delete(`/webhooks/${id}`);
    await everythingSent(platform.dataSource.manager);
  });

  async function subscribe(
    path: string,
    settings: Partial<WebhookSettings> = {},
    client = resellerA,
  ): Promise<OctoWebhook> {
    const { status, body } = await client.post<OctoWebhook>('/webhooks', {
      event: 'booking_update',
      url: receiver.url(path),
      ...settings,
    });
    expect(status).toBe(200);
    return body;
  }

  /** The deliveries that have arrived at a path, once everything has been sent. */
  async function sentTo(path: string): Promise<ReceivedRequest[]> {
    await everythingSent(platform.dataSource.manager);
    return receiver.requests.filter((request) => request.path === path);
  }

  async function slot(index: number): Promise<string> {
    const localDate = new Date(Date.now() + 40 * 24 * 3_600_000).toISOString().slice(0, 10);
    const { body } = await resellerA.post<{ id: string }[]>('/availability', { ...HARBOUR_WALK, localDate });
    return body[index]?.id ?? '';
  }

  const supplier = expect.objectContaining({
    id: '3d6f0a3a-59d4-4b16-a0c5-11d2d8a4e6b7',
    name: 'City Sightseeing Group',
    reference: 'CITY_SIGHTSEEING_GROUP',
    website: 'https://www.city-sightseeing.com',
  });

  it('booking_update: event, webhook (the full object), supplier, booking, diff', async () => {
    const webhook = await subscribe('/booking', { headers: { 'X-Webhook-Secret': 'whsec' } });
    const uuid = await reserve(resellerA);
    const [delivery] = await sentTo('/booking');
    expect(delivery?.body).toEqual({
      event: 'booking_update',
      webhook,
      supplier,
      booking: expect.objectContaining({ uuid }),
      diff: [],
    });
  });

  it('order_update: event, webhook, supplier, order, diff', async () => {
    const webhook = await subscribe('/order', { event: 'order_update' });
    const { body: order } = await resellerA.post<{ id: string }>('/orders', { contact: CONTACT });
    const [delivery] = await sentTo('/order');
    expect(delivery?.body).toEqual({
      event: 'order_update',
      webhook,
      supplier,
      order: expect.objectContaining({ orderId: order.id }),
      diff: [],
    });
  });

  it('product_update: event, webhook, supplier, product, diff', async () => {
    const webhook = await subscribe('/product', { event: 'product_update' });
    await backoffice.patch(`/products/${HARBOUR_WALK.productId}`, { reference: 'HARB-1' });
    const [delivery] = await sentTo('/product');
    expect(delivery?.body).toEqual({
      event: 'product_update',
      webhook,
      supplier,
      product: expect.objectContaining({ id: HARBOUR_WALK.productId, reference: 'HARB-1' }),
      diff: [{ op: 'replace', path: '/reference', was: 'HARB-WALK', value: 'HARB-1' }],
    });
  });

  it('availability_update: productId, optionId, one availability object, no diff', async () => {
    const webhook = await subscribe('/availability', { event: 'availability_update' });
    const availabilityId = await slot(0);
    await backoffice.patch('/availability', { ...HARBOUR_WALK, availabilityId, capacity: 17 });
    const [delivery] = await sentTo('/availability');
    expect(delivery?.body).toEqual({
      event: 'availability_update',
      webhook,
      supplier,
      ...HARBOUR_WALK,
      availability: expect.objectContaining({ id: availabilityId, capacity: 17 }),
    });
  });

  it('method is always POST', async () => {
    await subscribe('/method');
    const uuid = await reserve(resellerA);
    await resellerA.post(`/bookings/${uuid}/cancel`);
    expect((await sentTo('/method')).map(({ method }) => method)).toEqual(['POST', 'POST']);
  });

  it.each([200, 204, 299])('success is HTTP 200 to 299: with %i it is sent once', async (status) => {
    await subscribe(`/success-${status}`);
    receiver.answerNext(status);
    await reserve(resellerA);
    const requests = await sentTo(`/success-${status}`);
    expect(requests.map(({ headers }) => headers['content-type'])).toEqual(['application/json']);
  });

  it.each([302, 400, 500])('no success status: with %i it is sent again', async (status) => {
    await subscribe(`/failure-${status}`);
    receiver.answerNext(status);
    await reserve(resellerA);
    expect(await sentTo(`/failure-${status}`)).toHaveLength(2);
  });

  it('a change of several slots: one delivery per slot', async () => {
    const [from, to] = [await slot(0), await slot(1)];
    const uuid = await reserve(resellerA, { availabilityId: from });
    await everythingSent(platform.dataSource.manager);
    await subscribe('/slots', { event: 'availability_update' });
    await resellerA.patch(`/bookings/${uuid}`, { availabilityId: to });
    const ids = (await sentTo('/slots')).map(({ body }) => body.availability?.['id']);
    expect(ids.toSorted()).toEqual([from, to].toSorted());
  });

  it('a new hold fires with diff []', async () => {
    await subscribe('/hold');
    const uuid = await reserve(resellerA);
    const requests = await sentTo('/hold');
    expect(requests.map(({ body }) => body)).toEqual([
      expect.objectContaining({ booking: expect.objectContaining({ uuid, status: 'ON_HOLD' }), diff: [] }),
    ]);
  });

  it('confirmed, updated, rescheduled, cancelled: each fires once', async () => {
    const uuid = await reserve(resellerA);
    await everythingSent(platform.dataSource.manager);
    await subscribe('/life');
    await resellerA.post(`/bookings/${uuid}/confirm`, { contact: CONTACT });
    await resellerA.patch(`/bookings/${uuid}`, { notes: 'Two hours late' });
    await resellerA.patch(`/bookings/${uuid}`, { availabilityId: await slot(1) });
    await resellerA.post(`/bookings/${uuid}/cancel`, { reason: 'Rain' });
    const paths = (await sentTo('/life')).map(({ body }) => body.diff?.map(({ path }) => path));
    expect(paths).toEqual([
      expect.arrayContaining(['/status', '/utcConfirmedAt', '/voucher/deliveryOptions/0']),
      expect.arrayContaining(['/notes']),
      expect.arrayContaining(['/availabilityId', '/localDateTimeStart']),
      expect.arrayContaining(['/status', '/cancellation']),
    ]);
  });

  it('/status -> EXPIRED: a lapsed hold fires, in its order too', async () => {
    const { body: order } = await resellerA.post<{ id: string }>('/orders');
    const uuid = await reserve(resellerA, { orderId: order.id });
    await everythingSent(platform.dataSource.manager);
    await subscribe('/lapsed');
    await subscribe('/lapsed-order', { event: 'order_update' });

    const utcExpiresAt = new Date(Date.now() - 1000).toISOString();
    await platform.dataSource.transaction(async (manager) => {
      await manager.update(OrderEntity, { id: order.id }, { utcExpiresAt });
      await manager.update(BookingEntity, { uuid }, { utcExpiresAt });
    });
    await waitUntil(
      'the sweep',
      async () => (await platform.dataSource.manager.findOneByOrFail(BookingEntity, { uuid })).status === 'EXPIRED',
    );

    const expired = { op: 'replace', path: '/status', was: 'ON_HOLD', value: 'EXPIRED' };
    const [booking, ...moreOfBooking] = await sentTo('/lapsed');
    expect(booking?.body).toMatchObject({ booking: { uuid, status: 'EXPIRED' } });
    expect(booking?.body.diff).toContainEqual(expired);
    const [ofOrder, ...moreOfOrder] = await sentTo('/lapsed-order');
    expect(ofOrder?.body).toMatchObject({ order: { id: order.id, status: 'EXPIRED' } });
    expect(ofOrder?.body.diff).toContainEqual(expired);
    expect([...moreOfBooking, ...moreOfOrder]).toEqual([]);
  });

  it('order_update: created, filled, confirmed and cancelled, each fires once', async () => {
    await subscribe('/order-life', { event: 'order_update' });
    const { body: order } = await resellerA.post<{ id: string }>('/orders', { contact: CONTACT });
    await reserve(resellerA, { orderId: order.id });
    await resellerA.post(`/orders/${order.id}/confirm`);
    await resellerA.post(`/orders/${order.id}/cancel`);
    const orders = (await sentTo('/order-life')).map(({ body }) => body.order);
    expect(orders.map((sent) => [sent?.['status'], (sent?.['bookings'] as object[]).length])).toEqual([
      ['ON_HOLD', 0],
      ['ON_HOLD', 1],
      ['CONFIRMED', 1],
      ['CANCELLED', expect.any(Number)],
    ]);
  });

  it('an update that changes nothing the subscriber can see is not sent', async () => {
    await subscribe('/prices', { event: 'product_update' }, resellerA.with('octo/webhooks, octo/pricing'));
    await subscribe('/no-prices', { event: 'product_update' }, resellerA.with('octo/webhooks'));
    const prices = [{ optionId: HARBOUR_WALK.optionId, unitId: 'unit_adult', retail: 2100 }];
    await backoffice.patch(`/products/${HARBOUR_WALK.productId}`, { prices });
    expect(await sentTo('/prices')).toHaveLength(1);
    expect(await sentTo('/no-prices')).toEqual([]);
  });

  it('an update that changes nothing at all is not sent', async () => {
    const uuid = await reserve(resellerA, { notes: 'Late' });
    await everythingSent(platform.dataSource.manager);
    await subscribe('/unchanged');
    expect((await resellerA.patch(`/bookings/${uuid}`, { notes: 'Late' })).status).toBe(200);
    expect(await sentTo('/unchanged')).toEqual([]);
  });

  it('custom headers are added to every delivery', async () => {
    await subscribe('/headers', {
      headers: { 'X-Webhook-Secret': 'whsec_1', Authorization: 'Bearer of-the-partner' },
    });
    const uuid = await reserve(resellerA);
    await resellerA.post(`/bookings/${uuid}/cancel`);
    const requests = await sentTo('/headers');
    expect(requests).toHaveLength(2);
    for (const { headers } of requests) {
      expect(headers).toMatchObject({ 'x-webhook-secret': 'whsec_1', authorization: 'Bearer of-the-partner' });
    }
  });

  it('custom headers are added whatever their names', async () => {
    const names = ['toString', 'valueOf', 'hasOwnProperty', '__defineGetter__', '0'];
    const headers = Object.fromEntries(names.map((name) => [name, 'v']));
    expect((await subscribe('/names', { headers })).headers).toEqual(headers);
    await reserve(resellerA);
    const [request] = await sentTo('/names');
    const sent = new Map(Object.entries(request?.headers ?? {}));
    expect(names.map((name) => sent.get(name.toLowerCase()))).toEqual(names.map(() => 'v'));
  });

  it('custom headers are added when a delivery is tried again, with the same body', async () => {
    await subscribe('/again', { headers: { 'X-Webhook-Secret': 'whsec_1' } });
    receiver.answerNext(500);
    await reserve(resellerA);
    const [first, second, ...more] = await sentTo('/again');
    expect(more).toEqual([]);
    expect(second?.headers['x-webhook-secret']).toBe('whsec_1');
    expect(second?.raw).toEqual(first?.raw);
  });

  it('retryOnError false: sent once', async () => {
    await subscribe('/once', { retryOnError: false });
    receiver.answerNext(500);
    await reserve(resellerA);
    expect(await sentTo('/once')).toHaveLength(1);
  });

  it('credentials in the URL become Authorization: Basic and leave the request line', async () => {
    const url = receiver.url('/basic').replace('://', '://partner:p%40ss@');
    await subscribe('/basic', { url });
    await reserve(resellerA);
    const requests = await sentTo('/basic');
    expect(requests).toHaveLength(1);
    expect(requests[0]?.headers.authorization).toBe(`Basic ${Buffer.from('partner:p@ss').toString('base64')}`);
    expect(requests[0]?.headers.host).toBe(`127.0.0.1:${receiver.port}`);
  });

  it('credentials in the URL give way to an Authorization among the headers', async () => {
    const url = receiver.url('/both').replace('://', '://partner:pass@');
    await subscribe('/both', { url, headers: { authorization: 'Bearer own' } });
    await reserve(resellerA);
    const requests = await sentTo('/both');
    expect(requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer own']);
  });

  it('active false: kept, never delivered; true again: delivered', async () => {
    const { id } = await subscribe('/inactive', { active: false });
    const uuid = await reserve(resellerA);
    expect(await sentTo('/inactive')).toEqual([]);
    await resellerA.patch(`/webhooks/${id}`, { active: true });
    await resellerA.post(`/bookings/${uuid}/cancel`);
    const requests = await sentTo('/inactive');
    expect(requests.map(({ body }) => body.booking)).toEqual([expect.objectContaining({ uuid, status: 'CANCELLED' })]);
  });

  it('apiKeys name additional connections; without them, their changes do not arrive', async () => {
    await subscribe('/own-only');
    const webhook = await subscribe('/widened', { apiKeys: ['key-reseller-b'] });
    const ofB = await reserve(resellerB);
    const ofA = await reserve(resellerA);
    const uuids = async (path: string) => (await sentTo(path)).map(({ body }) => body.booking?.['uuid']);
    expect((await uuids('/widened')).toSorted()).toEqual([ofA, ofB].toSorted());
    expect(await uuids('/own-only')).toEqual([ofA]);
    expect(Object.keys(webhook)).not.toContain('apiKeys');
  });

  it('apiKey names one additional connection', async () => {
    await subscribe('/one-more', { apiKey: 'key-reseller-b' });
    const ofB = await reserve(resellerB);
    const requests = await sentTo('/one-more');
    expect(requests.map(({ body }) => body.booking?.['uuid'])).toEqual([ofB]);
    expect(requests[0]?.raw.toString()).not.toContain('key-reseller-b');
  });
});
