import { afterEach, describe, expect, it } from '@jest/globals';
import type { OctoErrorBody, OctoWebhook } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import type { OctoClient } from '../support/octo-client.js';
import { HARBOUR_WALK, reserve, usePlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';

const OWNER = 'key-reseller-a';
const KEYS = [OWNER, 'key-reseller-b', 'key-other-supplier'];

describeOnServers('A connection and the webhooks of others (1.1, Q21)', (kind) => {
  const platform = usePlatform(kind);
  const receiver = useReceiver('group');
  const owner = platform.client(OWNER);
  afterEach(async () => {
    for (const key of KEYS) {
      const client = platform.client(key);
      for (const { id } of await list(client)) await client.delete(`/webhooks/${id}`);
    }
  });

  const list = async (client: OctoClient): Promise<OctoWebhook[]> =>
    (await client.get<OctoWebhook[]>('/webhooks')).body;

  async function create(client: OctoClient, settings: object = {}): Promise<OctoWebhook> {
    const { status, body } = await client.post<OctoWebhook>('/webhooks', {
      event: 'booking_update',
      url: receiver.url(),
      headers: { 'X-Secret': 'of the owner' },
      ...settings,
    });
    expect(status).toBe(200);
    return body;
  }

  describe.each([
    ['of the same supplier', 'key-reseller-b'],
    ['of another supplier', 'key-other-supplier'],
  ])('a neighbour %s', (_, key) => {
    const neighbour = (): OctoClient => platform.client(key);

    it.each([
      ['get', 'GET', '', undefined],
      ['update', 'PATCH', '', { url: 'https://thief.example.com', active: false }],
      ['update with nothing', 'PATCH', '', {}],
      ['delete', 'DELETE', '', undefined],
      ['trigger', 'POST', '/trigger', { reference: 'any' }],
    ])('cannot %s it: answered as for an unknown id, echoed (6)', async (_what, method, suffix, body) => {
      const webhook = await create(owner);
      const answer = await neighbour().send<OctoErrorBody>(
        method,
        `/webhooks/${webhook.id}${suffix}`,
        body === undefined ? undefined : JSON.stringify(body),
      );
      expect({ status: answer.status, body: answer.body }).toEqual({
        status: 400,
        body: { error: 'INVALID_WEBHOOK_ID', errorMessage: expect.any(String) as unknown, webhookId: webhook.id },
      });
      expect(await list(owner)).toEqual([webhook]);
    });

    it('gets the same answer for an id that nobody has: it learns nothing (6)', async () => {
      const { id } = await create(owner);
      const nobodys = '018f0000-0000-7000-8000-000000000000';
      for (const [method, suffix] of [
        ['GET', ''],
        ['PATCH', ''],
        ['DELETE', ''],
        ['POST', '/trigger'],
      ] as const) {
        const body = method === 'GET' || method === 'DELETE' ? undefined : '{}';
        const taken = await neighbour().send<OctoErrorBody>(method, `/webhooks/${id}${suffix}`, body);
        const free = await neighbour().send<OctoErrorBody>(method, `/webhooks/${nobodys}${suffix}`, body);
        expect(free.body).toEqual({ ...taken.body, webhookId: nobodys });
        expect(free.status).toBe(taken.status);
      }
    });

    it('does not see it in its list (1.1)', async () => {
      const [own, foreign] = [await create(neighbour()), await create(owner)];
      expect(await list(neighbour())).toEqual([own]);
      expect(await list(owner)).toEqual([foreign]);
    });

    it.each(['query', 'body'])('cannot delete it by its URL in the %s -> BAD_REQUEST (1.3, Q13)', async (where) => {
      const webhook = await create(owner);
      const answer =
        where === 'query'
          ? await neighbour().delete(`/webhooks?url=${encodeURIComponent(webhook.url)}`)
          : await neighbour().delete('/webhooks', { url: webhook.url });
      expect(answer).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } });
      expect(await list(owner)).toEqual([webhook]);
    });

    it('deletes only its own webhooks with a URL that both have (1.3)', async () => {
      const webhook = await create(owner);
      await create(neighbour());
      expect((await neighbour().delete('/webhooks', { url: webhook.url })).status).toBe(200);
      expect(await list(neighbour())).toEqual([]);
      expect(await list(owner)).toEqual([webhook]);
    });

    it("makes a webhook of its own with the owner's id in the body, which is no field (2.2)", async () => {
      const webhook = await create(owner);
      const own = await create(neighbour(), { id: webhook.id, connectionId: 'a1f4c1de-6f0b-4b55-8a53-0d9f5c0a7e01' });
      expect(own.id).not.toBe(webhook.id);
      expect(await list(neighbour())).toEqual([own]);
      expect(await list(owner)).toEqual([webhook]);
    });

    it('cannot move its webhook to the owner by a field of PATCH (2.2)', async () => {
      const own = await create(neighbour());
      const { body } = await neighbour().patch(`/webhooks/${own.id}`, {
        id: '018f0000-0000-7000-8000-000000000000',
        connectionId: 'a1f4c1de-6f0b-4b55-8a53-0d9f5c0a7e01',
        supplierId: 'another',
        signingSecret: 'whsec_known',
      });
      expect(body).toEqual(own);
      expect(await list(neighbour())).toEqual([own]);
      expect(await list(owner)).toEqual([]);
    });

    it("cannot trigger its own webhook with the owner's booking (1.4)", async () => {
      const own = await create(neighbour());
      const reference = await reserve(owner);
      const { status, body } = await neighbour().post(`/webhooks/${own.id}/trigger`, { reference });
      expect({ status, body }).toMatchObject({ status: 400, body: { error: 'INVALID_BOOKING_UUID', reference } });
    });

    it('sets off no delivery with a foreign webhook; the owner does (1.4)', async () => {
      const reference = await reserve(owner);
      const { id } = await create(owner, { url: receiver.url(`/triggered-by-${key}`) });
      const path = `/webhooks/${id}/trigger`;
      expect((await neighbour().post(path, { reference })).status).toBe(400);
      const before = receiver.requests.length;
      expect((await owner.post(path, { reference })).status).toBe(200);
      await receiver.received(before + 1);
      const arrived = receiver.requests.filter((request) => request.path === `/triggered-by-${key}`);
      expect(arrived.map(({ body }) => body.booking?.['uuid'])).toEqual([reference]);
    });
  });

  it('a connection named by apiKey still cannot see, change or delete the webhook (2.2)', async () => {
    const webhook = await create(owner, { apiKey: 'key-reseller-b' });
    const named = platform.client('key-reseller-b');
    expect(await list(named)).toEqual([]);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const { body } = await named.send(method, `/webhooks/${webhook.id}`, method === 'GET' ? undefined : '{}');
      expect(body).toMatchObject({ error: 'INVALID_WEBHOOK_ID', webhookId: webhook.id });
    }
    expect((await named.delete('/webhooks', { url: webhook.url })).status).toBe(400);
    expect(await list(owner)).toEqual([webhook]);
  });

  it.each([
    ['apiKey', { apiKey: 'key-other-supplier' }, 'apiKey'],
    ['apiKeys', { apiKeys: ['key-reseller-b', 'key-other-supplier'] }, 'apiKeys[1]'],
  ])('%s of another supplier -> BAD_REQUEST on create and update, nothing changed (2.2)', async (_, keys, field) => {
    const webhook = await create(owner);
    const answers = [
      await owner.post('/webhooks', { event: 'booking_update', url: receiver.url(), ...keys }),
      await owner.patch(`/webhooks/${webhook.id}`, { active: false, ...keys }),
    ];
    for (const { status, body } of answers) {
      expect({ status, body }).toEqual({
        status: 400,
        body: {
          error: 'BAD_REQUEST',
          errorMessage: `${field} must be a valid key of the same supplier as the calling key`,
        },
      });
    }
    expect(await list(owner)).toEqual([webhook]);
  });

  it("only the owner's bookings reach its webhook, and no booking of either neighbour (Q21)", async () => {
    const path = '/only-of-the-owner';
    await create(owner, { url: receiver.url(path) });
    const others = await create(platform.client('key-reseller-b'), { url: receiver.url('/of-b') });
    const before = receiver.requests.length;
    const foreign = await reserve(platform.client('key-reseller-b'));
    const own = await reserve(owner);
    await receiver.received(before + 2);
    const arrived = (at: string): unknown[] =>
      receiver.requests.filter((request) => request.path === at).map(({ body }) => body.booking?.['uuid']);
    expect(arrived(path)).toEqual([own]);
    expect(arrived('/of-b')).toEqual([foreign]);
    expect(others.event).toBe('booking_update');
  });

  it("another supplier's product cannot be triggered (1.4)", async () => {
    const stranger = platform.client('key-other-supplier');
    const { id } = await create(stranger, { event: 'product_update' });
    const { productId } = HARBOUR_WALK;
    const { status, body } = await stranger.post(`/webhooks/${id}/trigger`, { productId });
    expect({ status, body }).toMatchObject({ status: 400, body: { error: 'INVALID_PRODUCT_ID', productId } });
  });
});
