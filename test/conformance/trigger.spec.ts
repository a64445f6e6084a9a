import { beforeEach, describe, expect, it } from '@jest/globals';
import { WebhookDelivery, type JsonObject, type OctoWebhook } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import type { OctoResponse } from '../support/octo-client.js';
import { everyChangeFannedOut } from '../support/outbox-state.js';
import { HARBOUR_WALK, reserve, usePlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';

const UNKNOWN_UUID = '00000000-0000-4000-8000-000000000000';

interface Accepted {
  readonly status: string;
  readonly requestId: string;
  readonly message: string;
}

interface Refused {
  readonly error: string;
  readonly errorMessage: string;
}

describeOnServers('The trigger (sections 1.4, 1.5)', (kind) => {
  const platform = usePlatform(kind);
  const receiver = useReceiver();
  const resellerA = platform.client('key-reseller-a').with('octo/webhooks, octo/pricing, octo/cart');
  const resellerB = platform.client('key-reseller-b').with('octo/webhooks, octo/pricing, octo/cart');
  const { backoffice } = platform;

  // Each test has its own webhooks and receiver, and receives no changes of earlier tests.
  beforeEach(async () => {
    const { body: webhooks } = await resellerA.get<OctoWebhook[]>('/webhooks');
    for (const { id } of webhooks) await resellerA.delete(`/webhooks/${id}`);
    await everyChangeFannedOut(platform.dataSource.manager);
  });

  async function subscribe(event: string, settings: object = {}): Promise<OctoWebhook> {
    const { status, body } = await resellerA.post<OctoWebhook>('/webhooks', {
      event,
      url: receiver.url(),
      ...settings,
    });
    expect(status).toBe(200);
    return body;
  }

  function trigger<Body = Accepted>({ id }: OctoWebhook, body: object): Promise<OctoResponse<Body>> {
    return resellerA.post<Body>(`/webhooks/${id}/trigger`, body);
  }

  async function slots(): Promise<string[]> {
    const localDate = new Date(Date.now() + 40 * 24 * 3_600_000).toISOString().slice(0, 10);
    const { body } = await resellerA.post<{ id: string }[]>('/availability', { ...HARBOUR_WALK, localDate });
    return body.map(({ id }) => id);
  }

  async function newOrder(contact: object = {}): Promise<JsonObject & { id: string; supplierReference: string }> {
    return (await resellerA.post<JsonObject & { id: string; supplierReference: string }>('/orders', { contact })).body;
  }

  /** The number of deliveries of an object that a test makes, before it triggers anything. */
  const ONE_BY_ITSELF = 1;

  it('booking_update by reference: the booking as it is, though nothing changed, with diff []', async () => {
    const webhook = await subscribe('booking_update');
    const uuid = await reserve(resellerA, { resellerReference: 'RES-1' });
    await receiver.received(ONE_BY_ITSELF);
    const { body: booking } = await resellerA.with('octo/pricing, octo/cart').get<JsonObject>(`/bookings/${uuid}`);
    const answer = await trigger(webhook, { reference: 'RES-1' });
    expect(answer.status).toBe(200);
    const requests = await receiver.received(2);
    expect(requests[1]?.body).toEqual({
      event: 'booking_update',
      webhook,
      supplier: expect.objectContaining({ name: 'City Sightseeing Group' }),
      booking,
      diff: [],
    });
  });

  it('response: status accepted, requestId = the webhook-id of the delivery, message', async () => {
    const webhook = await subscribe('booking_update');
    const uuid = await reserve(resellerA);
    await receiver.received(ONE_BY_ITSELF);
    const { status, body } = await trigger(webhook, { reference: uuid });
    expect(status).toBe(200);
    expect(body).toEqual({ status: 'accepted', requestId: expect.any(String), message: expect.any(String) });
    const requests = await receiver.received(2);
    expect(requests[1]?.headers['webhook-id']).toBe(body.requestId);
  });

  it.each(['supplierReference', 'resellerReference', 'uuid'])('reference = a %s of a booking', async (field) => {
    const webhook = await subscribe('booking_update');
    const uuid = await reserve(resellerA, { resellerReference: `RES-${field}` });
    await receiver.received(ONE_BY_ITSELF);
    const { body: booking } = await resellerA.get<Record<string, string>>(`/bookings/${uuid}`);
    expect((await trigger(webhook, { reference: booking[field] })).status).toBe(200);
    const requests = await receiver.received(2);
    expect(requests[1]?.body.booking?.['uuid']).toBe(uuid);
  });

  it.each(['supplierReference', 'orderId'])('order_update by reference = %s of an order', async (field) => {
    const webhook = await subscribe('order_update');
    const order = await newOrder();
    await receiver.received(ONE_BY_ITSELF);
    expect((await trigger(webhook, { reference: order[field] })).status).toBe(200);
    const requests = await receiver.received(2);
    expect(requests[1]?.body).toMatchObject({ event: 'order_update', diff: [] });
    expect(requests[1]?.body.order).toEqual((await resellerA.get(`/orders/${order.id}`)).body);
  });

  it.each([
    { event: 'booking_update', phoneNumber: '+12025550101' },
    { event: 'order_update', phoneNumber: '+12025550102' },
  ])('mobile = contact.phoneNumber: $event', async ({ event, phoneNumber }) => {
    const webhook = await subscribe(event);
    const contact = { phoneNumber };
    const id = event === 'booking_update' ? await reserve(resellerA, { contact }) : (await newOrder(contact)).id;
    await receiver.received(ONE_BY_ITSELF);
    expect((await trigger(webhook, { mobile: phoneNumber })).status).toBe(200);
    const requests = await receiver.received(2);
    expect((requests[1]?.body.booking ?? requests[1]?.body.order)?.['id']).toBe(id);
  });

  it('when both reference and mobile are sent, both must match', async () => {
    const webhook = await subscribe('booking_update');
    const uuid = await reserve(resellerA, { contact: { phoneNumber: '+12025550103' } });
    await reserve(resellerA, { contact: { phoneNumber: '+12025550104' } });
    await receiver.received(2);
    expect((await trigger(webhook, { reference: uuid, mobile: '+12025550103' })).status).toBe(200);
    const refused = await trigger<Refused>(webhook, { reference: uuid, mobile: '+12025550104' });
    expect(refused).toMatchObject({ status: 400, body: { error: 'INVALID_BOOKING_UUID' } });
    const requests = await receiver.received(3);
    expect(requests.slice(2).map(({ body }) => body.booking?.['uuid'])).toEqual([uuid]);
  });

  it('product_update by productId', async () => {
    const webhook = await subscribe('product_update');
    const { productId } = HARBOUR_WALK;
    expect((await trigger(webhook, { productId })).status).toBe(200);
    const [delivery] = await receiver.received(1);
    expect(delivery?.body).toMatchObject({ event: 'product_update', webhook, diff: [] });
    expect(delivery?.body.product).toEqual((await resellerA.get(`/products/${productId}`)).body);
  });

  it('availability_update with units: as POST /availability answers for them, no diff', async () => {
    const webhook = await subscribe('availability_update');
    const request = {
      ...HARBOUR_WALK,
      availabilityIds: (await slots()).slice(0, 1),
      units: [{ id: 'unit_adult', quantity: 2 }],
    };
    expect((await trigger(webhook, request)).status).toBe(200);
    const [delivery] = await receiver.received(1);
    const { body } = await resellerA.post<JsonObject[]>('/availability', request);
    expect(body[0]).toHaveProperty('pricing');
    expect(delivery?.body).toMatchObject({ event: 'availability_update', ...HARBOUR_WALK });
    expect(delivery?.body.availability).toEqual(body[0]);
    expect(delivery?.body).not.toHaveProperty('diff');
  });

  it('one availability id = one delivery; several: one requestId for the batch, the id of the first', async () => {
    const webhook = await subscribe('availability_update');
    const availabilityIds = await slots();
    expect(availabilityIds).toHaveLength(2);
    const { body } = await trigger(webhook, { ...HARBOUR_WALK, availabilityIds });
    const requests = await receiver.received(2);
    const sent = new Map(requests.map(({ headers, body }) => [body.availability?.['id'], headers['webhook-id']]));
    expect([...sent.keys()].toSorted()).toEqual(availabilityIds.toSorted());
    expect(sent.get(availabilityIds[0])).toBe(body.requestId);
    const log = await platform.dataSource.manager.findBy(WebhookDelivery, { triggerRequestId: body.requestId });
    expect(log.map(({ id }) => id).toSorted()).toEqual([...sent.values()].toSorted());
  });

  it('a delivery that was triggered is marked in the log, any other is not', async () => {
    const webhook = await subscribe('booking_update');
    const uuid = await reserve(resellerA);
    await receiver.received(ONE_BY_ITSELF);
    const { body } = await trigger(webhook, { reference: uuid });
    await receiver.received(2);
    const log = await platform.dataSource.manager.find(WebhookDelivery, {
      where: { webhookId: webhook.id },
      order: { eventSequence: 'ASC' },
    });
    expect(log.map(({ triggerRequestId }) => triggerRequestId)).toEqual([null, body.requestId]);
  });

  it('only the webhook that is named gets the delivery', async () => {
    const webhook = await subscribe('booking_update');
    await subscribe('booking_update', { url: receiver.url('/other') });
    const uuid = await reserve(resellerA);
    await receiver.received(2);
    await trigger(webhook, { reference: uuid });
    await receiver.received(3);
    await resellerA.post(`/bookings/${uuid}/cancel`);
    const requests = await receiver.received(5);
    expect(requests.filter(({ path }) => path === '/other')).toHaveLength(2);
    expect(requests.filter(({ path }) => path === '/hook')).toHaveLength(3);
  });

  describe('record states', () => {
    it('orderRecordState of a booking: the diff is against that state', async () => {
      const webhook = await subscribe('booking_update');
      const uuid = await reserve(resellerA);
      await resellerA.patch(`/bookings/${uuid}`, { notes: 'first' });
      await resellerA.patch(`/bookings/${uuid}`, { notes: 'second' });
      const [created, first] = await receiver.received(3);
      const against = async (delivery = created) => {
        const orderRecordState = delivery?.headers['octo-record-state'];
        expect((await trigger(webhook, { reference: uuid, orderRecordState })).status).toBe(200);
      };
      await against(created);
      await against(first);
      const requests = await receiver.received(5);
      const notes = requests.slice(3).map(({ body }) => body.diff?.filter(({ path }) => path === '/notes'));
      expect(notes).toEqual([
        [{ op: 'replace', path: '/notes', was: null, value: 'second' }],
        [{ op: 'replace', path: '/notes', was: 'first', value: 'second' }],
      ]);
    });

    it('orderRecordState of an order: the diff is against that state', async () => {
      const webhook = await subscribe('order_update');
      const order = await newOrder();
      await reserve(resellerA, { orderId: order.id });
      const [empty] = await receiver.received(2);
      const orderRecordState = empty?.headers['octo-record-state'];
      expect((await trigger(webhook, { reference: order.id, orderRecordState })).status).toBe(200);
      const requests = await receiver.received(3);
      const [booking] = requests[2]?.body.order?.['bookings'] as JsonObject[];
      expect(requests[2]?.body.diff).toContainEqual({ op: 'add', path: '/bookings/0', value: booking });
    });

    it('productRecordState: the diff is against that state', async () => {
      const webhook = await subscribe('product_update');
      const path = `/products/${HARBOUR_WALK.productId}`;
      await backoffice.patch(path, { reference: 'REF-1' });
      // The state is read at fan-out: a second change before it would make one delivery of both.
      const [first] = await receiver.received(1);
      await backoffice.patch(path, { reference: 'REF-2' });
      await receiver.received(2);
      const productRecordState = first?.headers['octo-record-state'];
      expect((await trigger(webhook, { ...HARBOUR_WALK, productRecordState })).status).toBe(200);
      const requests = await receiver.received(3);
      expect(requests[2]?.body.diff).toEqual([{ op: 'replace', path: '/reference', was: 'REF-1', value: 'REF-2' }]);
    });

    it('the present state: goes out with diff []', async () => {
      const webhook = await subscribe('booking_update');
      const uuid = await reserve(resellerA);
      const [created] = await receiver.received(ONE_BY_ITSELF);
      await trigger(webhook, { reference: uuid, orderRecordState: created?.headers['octo-record-state'] });
      const requests = await receiver.received(2);
      expect(requests[1]?.body.diff).toEqual([]);
    });

    it.each(['no-such-state', UNKNOWN_UUID])('unknown, %s: BAD_REQUEST naming the field', async (state) => {
      const uuid = await reserve(resellerA);
      const { body: ofBooking } = await trigger<Refused>(await subscribe('booking_update'), {
        reference: uuid,
        orderRecordState: state,
      });
      expect(ofBooking).toMatchObject({
        error: 'BAD_REQUEST',
        errorMessage: expect.stringContaining('orderRecordState'),
      });
      const { body: ofProduct } = await trigger<Refused>(await subscribe('product_update'), {
        ...HARBOUR_WALK,
        productRecordState: state,
      });
      expect(ofProduct).toMatchObject({
        error: 'BAD_REQUEST',
        errorMessage: expect.stringContaining('productRecordState'),
      });
    });

    it("another object's: BAD_REQUEST naming the field", async () => {
      const webhook = await subscribe('booking_update');
      await reserve(resellerA);
      const [other] = await receiver.received(ONE_BY_ITSELF);
      const answer = await trigger<Refused>(webhook, {
        reference: await reserve(resellerA),
        orderRecordState: other?.headers['octo-record-state'],
      });
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'BAD_REQUEST', errorMessage: expect.stringContaining('orderRecordState') },
      });
    });
  });

  describe('refusals', () => {
    it.each([
      { event: 'booking_update', body: {}, field: 'reference' },
      { event: 'booking_update', body: {}, field: 'mobile' },
      { event: 'order_update', body: { productId: HARBOUR_WALK.productId }, field: 'reference' },
      { event: 'product_update', body: { reference: 'X749G9' }, field: 'productId' },
      { event: 'availability_update', body: {}, field: 'productId' },
      { event: 'availability_update', body: { productId: HARBOUR_WALK.productId }, field: 'optionId' },
      { event: 'availability_update', body: HARBOUR_WALK, field: 'availabilityIds' },
    ])('$event without a selector: BAD_REQUEST naming $field', async ({ event, body, field }) => {
      const answer = await trigger<Refused>(await subscribe(event), body);
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'BAD_REQUEST', errorMessage: expect.stringContaining(field) },
      });
    });

    it.each([
      { event: 'booking_update', selector: { reference: 'NO-SUCH' }, code: 'INVALID_BOOKING_UUID' },
      { event: 'booking_update', selector: { mobile: '+19995550000' }, code: 'INVALID_BOOKING_UUID' },
      { event: 'order_update', selector: { reference: 'NO-SUCH' }, code: 'INVALID_ORDER_ID' },
      { event: 'order_update', selector: { mobile: '+19995550000' }, code: 'INVALID_ORDER_ID' },
    ])('$event, unknown $selector: $code', async ({ event, selector, code }) => {
      const answer = await trigger<Refused>(await subscribe(event), selector);
      expect(answer).toMatchObject({ status: 400, body: { error: code, errorMessage: expect.any(String) } });
    });

    it('an unknown product, option, slot or unit: INVALID_*_ID, with the value', async () => {
      const webhook = await subscribe('availability_update');
      const right = { ...HARBOUR_WALK, availabilityIds: await slots() };
      const refused = async (wrong: object) => (await trigger<Refused>(webhook, { ...right, ...wrong })).body;
      const units = [{ id: 'unit_dog', quantity: 1 }];
      expect(await refused({ productId: UNKNOWN_UUID })).toMatchObject({
        error: 'INVALID_PRODUCT_ID',
        productId: UNKNOWN_UUID,
      });
      expect(await refused({ optionId: 'NO' })).toMatchObject({ error: 'INVALID_OPTION_ID', optionId: 'NO' });
      expect(await refused({ units })).toMatchObject({ error: 'INVALID_UNIT_ID', unitId: 'unit_dog' });
      expect(await refused({ availabilityIds: ['NO-SUCH'] })).toMatchObject({
        error: 'INVALID_AVAILABILITY_ID',
        availabilityId: 'NO-SUCH',
      });
      const ofProduct = await trigger<Refused>(await subscribe('product_update'), { productId: UNKNOWN_UUID });
      expect(ofProduct).toMatchObject({
        status: 400,
        body: { error: 'INVALID_PRODUCT_ID', productId: UNKNOWN_UUID },
      });
    });

    it('one wrong slot among several: nothing is sent', async () => {
      const webhook = await subscribe('availability_update');
      const [right] = await slots();
      const { status } = await trigger(webhook, { ...HARBOUR_WALK, availabilityIds: [right, 'NO-SUCH'] });
      expect(status).toBe(400);
      const { body } = await trigger(webhook, { ...HARBOUR_WALK, availabilityIds: [right] });
      const [first] = await receiver.received(1);
      expect(first?.headers['webhook-id']).toBe(body.requestId);
    });

    it('an inactive webhook: UNPROCESSABLE_ENTITY', async () => {
      const webhook = await subscribe('product_update', { active: false });
      const answer = await trigger<Refused>(webhook, { productId: HARBOUR_WALK.productId });
      expect(answer).toMatchObject({ status: 400, body: { error: 'UNPROCESSABLE_ENTITY' } });
    });

    it.each([
      { wrong: { productId: 1 }, field: 'productId' },
      { wrong: { availabilityIds: 'one' }, field: 'availabilityIds' },
      { wrong: { availabilityIds: [] }, field: 'availabilityIds' },
      { wrong: { units: [{ id: 'unit_adult' }] }, field: 'quantity' },
      { wrong: { units: [{ id: 'unit_adult', quantity: 1.5 }] }, field: 'quantity' },
    ])('wrong type, $wrong: BAD_REQUEST naming $field', async ({ wrong, field }) => {
      const webhook = await subscribe('availability_update');
      const answer = await trigger<Refused>(webhook, { ...HARBOUR_WALK, availabilityIds: await slots(), ...wrong });
      expect(answer).toMatchObject({
        status: 400,
        body: { error: 'BAD_REQUEST', errorMessage: expect.stringContaining(field) },
      });
    });
  });

  it("another connection's booking or order: as if there were none", async () => {
    const uuid = await reserve(resellerB, { contact: { phoneNumber: '+12025550105' } });
    const { body: order } = await resellerB.post<{ id: string }>('/orders');
    const bookings = await subscribe('booking_update');
    const orders = await subscribe('order_update');
    for (const selector of [{ reference: uuid }, { mobile: '+12025550105' }]) {
      const { body } = await trigger<Refused>(bookings, selector);
      expect(body).toMatchObject({ error: 'INVALID_BOOKING_UUID' });
    }
    const { body } = await trigger<Refused>(orders, { reference: order.id });
    expect(body).toMatchObject({ error: 'INVALID_ORDER_ID' });
  });

  it("another connection's booking, whose key the webhook names in apiKeys: delivered", async () => {
    const webhook = await subscribe('booking_update', { apiKeys: ['key-reseller-b'] });
    const uuid = await reserve(resellerB);
    await receiver.received(ONE_BY_ITSELF);
    expect((await trigger(webhook, { reference: uuid })).status).toBe(200);
    const requests = await receiver.received(2);
    expect(requests[1]?.body.booking?.['uuid']).toBe(uuid);
  });

  it('unknown extra keys: ignored', async () => {
    const webhook = await subscribe('product_update');
    const answer = await trigger(webhook, { productId: HARBOUR_WALK.productId, uuid: 1, resource: { id: 'x' } });
    expect(answer.status).toBe(200);
    const [delivery] = await receiver.received(1);
    expect(delivery?.body.product?.['id']).toBe(HARBOUR_WALK.productId);
  });
});
