import { beforeEach, expect, it } from '@jest/globals';
import type { JsonObject, JsonValue, OctoWebhook, WebhookDiffOperation } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { HARBOUR_WALK, reserve, usePlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';
import { waitUntil } from '../support/wait-until.js';

const CONTACT = { fullName: 'Jane Doe', emailAddress: 'jane@example.com' };

/** The part of a delivery that the rules of the diff are about. */
interface Change {
  readonly object: JsonObject;
  readonly diff: readonly WebhookDiffOperation[];
}

interface Held {
  readonly uuid: string;
  readonly unitItems: readonly (JsonObject & { uuid: string })[];
}

describeOnServers('The diff of a delivery (section 3.2)', (kind) => {
  const platform = usePlatform(kind);
  const receiver = useReceiver();
  const resellerA = platform.client('key-reseller-a').with('octo/webhooks, octo/pricing, octo/cart');
  const { backoffice } = platform;

  beforeEach(async () => {
    const { body: webhooks } = await resellerA.get<OctoWebhook[]>('/webhooks');
    for (const { id } of webhooks) await resellerA.delete(`/webhooks/${id}`);
  });

  async function subscribe(event: string): Promise<void> {
    const { status } = await resellerA.post('/webhooks', { event, url: receiver.url() });
    expect(status).toBe(200);
  }

  /** The deliveries about an object to the test's webhook, once there are that many. */
  async function changes(id: string, count: number): Promise<Change[]> {
    const told = () =>
      receiver.requests
        .map(({ body }) => ({
          object: (body.booking ?? body.order ?? body.product ?? {}) as JsonObject,
          diff: (body.diff ?? []) as WebhookDiffOperation[],
        }))
        .filter(({ object }) => object['id'] === id);
    await waitUntil(`${count} deliveries of ${id}`, () => told().length >= count);
    expect(told()).toHaveLength(count);
    return told();
  }

  async function lastChange(id: string, count: number): Promise<Change> {
    const last = (await changes(id, count)).at(-1);
    if (last === undefined) throw new Error('A change was asked for before the first one.');
    return last;
  }

  it('op replace carries was and value', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA);
    await resellerA.post(`/bookings/${uuid}/confirm`, { contact: CONTACT });
    const { diff, object } = await lastChange(uuid, 2);
    expect(diff).toContainEqual({ op: 'replace', path: '/status', was: 'ON_HOLD', value: 'CONFIRMED' });
    expect(diff).toContainEqual({
      op: 'replace',
      path: '/utcConfirmedAt',
      was: null,
      value: object['utcConfirmedAt'],
    });
  });

  it('op replace may have a whole object as value', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA);
    await resellerA.post(`/bookings/${uuid}/cancel`, { reason: 'Rain' });
    const { diff, object } = await lastChange(uuid, 2);
    expect(object['cancellation']).toMatchObject({ reason: 'Rain' });
    expect(diff).toContainEqual({ op: 'replace', path: '/cancellation', was: null, value: object['cancellation'] });
  });

  it('op add carries value and no was', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA);
    await resellerA.patch(`/bookings/${uuid}`, { contact: { city: 'Delft' } });
    const { diff } = await lastChange(uuid, 2);
    expect(diff).toContainEqual({ op: 'add', path: '/contact/city', value: 'Delft' });
  });

  it('op remove carries was and no value', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA, { contact: { city: 'Delft' } });
    await resellerA.patch(`/bookings/${uuid}`, { contact: { city: null } });
    const { diff } = await lastChange(uuid, 2);
    expect(diff).toContainEqual({ op: 'remove', path: '/contact/city', was: 'Delft' });
  });

  it('an element that is added: op add at its place', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA);
    const { body: held } = await resellerA.get<Held>(`/bookings/${uuid}`);
    const kept = { uuid: held.unitItems[0]?.uuid, unitId: 'unit_adult' };
    const { body: changed } = await resellerA.patch<Held>(`/bookings/${uuid}`, {
      unitItems: [kept, { unitId: 'unit_child' }],
    });
    const { diff } = await lastChange(uuid, 2);
    expect(diff).toContainEqual({ op: 'add', path: '/unitItems/1', value: changed.unitItems[1] });
    expect(diff.filter(({ path }) => path.startsWith('/unitItems'))).toHaveLength(1);
  });

  it('removals come from the highest index down', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA, { unitItems: Array(3).fill({ unitId: 'unit_adult' }) });
    const { body: held } = await resellerA.get<Held>(`/bookings/${uuid}`);
    await resellerA.patch(`/bookings/${uuid}`, {
      unitItems: [{ uuid: held.unitItems[1]?.uuid, unitId: 'unit_adult' }],
    });
    const { diff } = await lastChange(uuid, 2);
    expect(diff.filter(({ path }) => path.startsWith('/unitItems'))).toEqual([
      { op: 'remove', path: '/unitItems/2', was: held.unitItems[2] },
      { op: 'remove', path: '/unitItems/0', was: held.unitItems[0] },
    ]);
  });

  it('a cancelled booking of an order: remove /bookings/0, was = the booking, and its voucher option', async () => {
    await subscribe('order_update');
    const { body: order } = await resellerA.post<{ id: string }>('/orders', { contact: CONTACT });
    const first = await reserve(resellerA, { orderId: order.id });
    await reserve(resellerA, { orderId: order.id });
    const confirmed = await resellerA.post<{ bookings: JsonObject[]; voucher: { deliveryOptions: JsonObject[] } }>(
      `/orders/${order.id}/confirm`,
    );
    await resellerA.post(`/bookings/${first}/cancel`);
    const { diff } = await lastChange(order.id, 5);
    const removals = diff.filter(({ op }) => op === 'remove');
    expect(removals).toEqual([
      { op: 'remove', path: '/bookings/0', was: { ...confirmed.body.bookings[0], uuid: first } },
      { op: 'remove', path: '/voucher/deliveryOptions/0', was: confirmed.body.voucher.deliveryOptions[0] },
    ]);
    expect(diff.map(({ path }) => path)).not.toContain('/status');
  });

  it('no /status entry in a plain update of a confirmed booking', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA);
    await resellerA.post(`/bookings/${uuid}/confirm`, { contact: CONTACT });
    await resellerA.patch(`/bookings/${uuid}`, { notes: 'Late' });
    const { diff, object } = await lastChange(uuid, 3);
    expect(object['status']).toBe('CONFIRMED');
    expect(diff).toContainEqual({ op: 'replace', path: '/notes', was: null, value: 'Late' });
    expect(diff.map(({ path }) => path)).not.toContain('/status');
  });

  it('a price change shows in the diff of a product, at the place in the product', async () => {
    await subscribe('product_update');
    const prices = [{ optionId: HARBOUR_WALK.optionId, unitId: 'unit_adult', retail: 2050 }];
    await backoffice.patch(`/products/${HARBOUR_WALK.productId}`, { prices });
    const [change] = await changes(HARBOUR_WALK.productId, 1);
    expect(change?.diff).toEqual([
      { op: 'replace', path: '/options/0/units/0/pricingFrom/0/retail', was: 2000, value: 2050 },
    ]);
  });

  it('every path resolves, was is what stood there, and together they lead from each booking to the next', async () => {
    await subscribe('booking_update');
    const uuid = await reserve(resellerA, { unitItems: Array(2).fill({ unitId: 'unit_adult' }) });
    const { body: held } = await resellerA.get<Held>(`/bookings/${uuid}`);
    const unitItems = [{ uuid: held.unitItems[1]?.uuid, unitId: 'unit_adult' }, { unitId: 'unit_child' }];
    await resellerA.patch(`/bookings/${uuid}`, { unitItems, notes: 'Late', contact: { locales: ['fr', 'en'] } });
    await resellerA.post(`/bookings/${uuid}/confirm`, { contact: { ...CONTACT, locales: ['en'] } });
    await resellerA.post(`/bookings/${uuid}/cancel`, { reason: 'Rain' });
    expectToLeadFromEachToTheNext(await changes(uuid, 4));
  });

  it('every path resolves, was is what stood there, and together they lead from each order to the next', async () => {
    await subscribe('order_update');
    const { body: order } = await resellerA.post<{ id: string }>('/orders');
    const first = await reserve(resellerA, { orderId: order.id });
    await reserve(resellerA, { orderId: order.id, unitItems: Array(2).fill({ unitId: 'unit_adult' }) });
    await resellerA.post(`/orders/${order.id}/confirm`, { contact: CONTACT });
    await resellerA.post(`/bookings/${first}/cancel`);
    await resellerA.post(`/orders/${order.id}/cancel`);
    expectToLeadFromEachToTheNext(await changes(order.id, 6));
  });
});

function expectToLeadFromEachToTheNext(changes: readonly Change[]): void {
  for (const [index, { object, diff }] of changes.entries()) {
    const before = changes[index - 1]?.object;
    if (before === undefined) {
      expect(diff).toEqual([]);
      continue;
    }
    expect(diff).not.toEqual([]);
    const result = structuredClone(before);
    for (const operation of diff) apply(operation, result);
    expect(result).toEqual(object);
    for (const operation of diff) {
      if (operation.op !== 'remove') expect(resolve(object, operation.path)).toEqual(operation.value);
    }
  }
}

/** Applies one operation as RFC 6902 does, and checks what it says about the value that was there. */
function apply(operation: WebhookDiffOperation, root: JsonObject): void {
  const { op, path } = operation;
  const at = path.lastIndexOf('/');
  const parent = resolve(root, path.slice(0, at)) as JsonValue[] & JsonObject;
  const key = path.slice(at + 1);
  if (op !== 'add') expect(parent[key]).toEqual(operation.was);
  if (op === 'remove') {
    if (Array.isArray(parent)) parent.splice(Number(key), 1);
    else delete (parent as JsonObject)[key];
  } else if (op === 'add' && Array.isArray(parent)) parent.splice(Number(key), 0, operation.value);
  else parent[key] = operation.value;
}

function resolve(root: JsonValue, path: string): JsonValue | undefined {
  const keys = path.split('/').slice(1);
  return keys.reduce<JsonValue | undefined>((value, key) => (value as JsonObject | undefined)?.[key], root);
}
