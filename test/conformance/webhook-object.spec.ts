import { afterEach, describe, expect, it } from '@jest/globals';
import type { OctoErrorBody, OctoWebhook } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import type { OctoClient } from '../support/octo-client.js';
import { reserve, usePlatform, type RunningPlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';
import { A_URL, REFUSED } from './refused-settings.js';

const EVENTS = ['booking_update', 'order_update', 'availability_update', 'product_update'];

/** Everything in the library's tables, as text. */
async function dumpOfWebhookTables({ dataSource }: Pick<RunningPlatform, 'dataSource'>): Promise<string> {
  const tables: unknown[] = [];
  for (const { tableName } of dataSource.entityMetadatas.filter(({ name }) => name.startsWith('Webhook'))) {
    tables.push(await dataSource.query(`SELECT * FROM ${tableName}`));
  }
  return JSON.stringify(tables, (_, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('utf8') : value,
  );
}

describeOnServers('Webhook object and request (section 2)', (kind) => {
  const platform = usePlatform(kind);
  const receiver = useReceiver('group');
  const partner = platform.client('key-reseller-a');
  afterEach(async () => {
    for (const { id } of await list()) await partner.delete(`/webhooks/${id}`);
  });

  const list = async (): Promise<OctoWebhook[]> => (await partner.get<OctoWebhook[]>('/webhooks')).body;

  async function create(settings: object = {}, client = partner): Promise<OctoWebhook> {
    const { status, body } = await client.post<OctoWebhook>('/webhooks', {
      event: 'booking_update',
      url: A_URL,
      ...settings,
    });
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  }

  async function update(id: string, settings: object = {}, client = partner): Promise<OctoWebhook> {
    const { status, body } = await client.patch<OctoWebhook>(`/webhooks/${id}`, settings);
    expect({ status, body }).toMatchObject({ status: 200 });
    return body;
  }

  const asking = (capabilities: string): OctoClient => partner.with(`octo/webhooks${capabilities}`);

  describe('the object (2.1)', () => {
    it('has all fields with their defaults, and no others', async () => {
      expect(await create()).toEqual({
        id: expect.stringMatching(/^[0-9a-f-]{36}$/) as unknown,
        event: 'booking_update',
        url: A_URL,
        capabilities: ['octo/pricing'],
        useContactLanguage: true,
        headers: {},
        retryOnError: true,
        active: true,
      });
    });

    it('keeps every field that is given', async () => {
      const given = {
        event: 'product_update',
        url: 'http://user:pass@partner.example.com:8080/hooks?a=1&b=%20ü',
        useContactLanguage: false,
        headers: { 'X-Webhook-Secret': 'whsec_123456abcdef', authorization: 'Basic dTpw', 'X-Empty': '' },
        retryOnError: false,
        active: false,
      };
      const created = await create(given);
      expect(created).toMatchObject(given);
      expect(await list()).toEqual([created]);
    });

    it.each(EVENTS)('can be for the event %s', async (event) => {
      expect(await create({ event })).toMatchObject({ event });
    });

    it.each([
      ['booking.updated', 'booking_update'],
      ['order.updated', 'order_update'],
      ['availability.updated', 'availability_update'],
      ['product.updated', 'product_update'],
    ])('the dotted alias %s becomes %s, on create and update', async (dotted, event) => {
      const created = await create({ event: dotted });
      expect(created.event).toBe(event);
      const other = await create({ event: event === 'booking_update' ? 'product_update' : 'booking_update' });
      expect((await update(other.id, { event: dotted })).event).toBe(event);
      expect((await list()).map((one) => one.event)).toEqual([event, event]);
    });

    it('an equal event and url may be subscribed twice, with distinct ids (Q12)', async () => {
      const [first, second] = [await create(), await create()];
      expect(second.id).not.toBe(first.id);
      expect(await list()).toEqual([first, second]);
    });

    it('active false: kept and listed, and can be switched on again (Q5)', async () => {
      const created = await create({ active: false });
      expect(created.active).toBe(false);
      expect(await list()).toEqual([created]);
      expect(await update(created.id, { active: true })).toEqual({ ...created, active: true });
    });
  });

  describe('capabilities (2.2)', () => {
    it('octo/webhooks itself is not stored', async () => {
      expect((await create({}, asking(''))).capabilities).toEqual([]);
      expect((await create({}, asking(', octo/content, octo/pricing'))).capabilities).toEqual([
        'octo/content',
        'octo/pricing',
      ]);
    });

    it('in the body they are ignored (Q19)', async () => {
      const created = await create({ capabilities: ['octo/content'] });
      expect(created.capabilities).toEqual(['octo/pricing']);
      expect((await update(created.id, { capabilities: ['octo/content'] })).capabilities).toEqual(['octo/pricing']);
      expect((await create({ capabilities: 'no list' })).capabilities).toEqual(['octo/pricing']);
    });

    it('are recomputed from the header on every update', async () => {
      const { id } = await create();
      const updated = await update(id, { active: false }, asking(', octo/content'));
      expect(updated.capabilities).toEqual(['octo/content']);
      expect(await list()).toEqual([updated]);
    });

    it('a header with nothing else in it narrows the webhook', async () => {
      const { id } = await create();
      const narrowed = await update(id, {}, asking(''));
      expect(narrowed.capabilities).toEqual([]);
      expect(await list()).toEqual([narrowed]);
    });

    it('a refused update leaves them', async () => {
      const created = await create();
      const { status } = await asking('').patch(`/webhooks/${created.id}`, { event: 'nonsense' });
      expect(status).toBe(400);
      expect(await list()).toEqual([created]);
    });

    it.each(['', ', octo/cart', ', octo/pricing'])('order_update always has octo/cart; header "%s"', async (header) => {
      const { id, capabilities } = await create({ event: 'order_update' }, asking(header));
      const expected = [...header.split(', ').filter((one) => one !== '' && one !== 'octo/cart'), 'octo/cart'];
      expect(capabilities).toEqual(expected);
      expect((await update(id, {}, asking(header))).capabilities).toEqual(expected);
    });

    it('a PATCH to order_update adds octo/cart, one away from it drops it (Q16)', async () => {
      const { id } = await create();
      expect((await update(id, { event: 'order_update' })).capabilities).toEqual(['octo/pricing', 'octo/cart']);
      expect((await update(id, { event: 'order.updated' }, asking(''))).capabilities).toEqual(['octo/cart']);
      expect((await update(id, { event: 'booking_update' })).capabilities).toEqual(['octo/pricing']);
    });

    it('a PATCH away from order_update keeps an octo/cart that the header names (Q16)', async () => {
      const { id } = await create({ event: 'order_update' });
      const updated = await update(id, { event: 'booking_update' }, asking(', octo/cart'));
      expect(updated.capabilities).toEqual(['octo/cart']);
    });
  });

  describe('headers (2.1, Q17)', () => {
    it('are replaced as a whole on PATCH, not merged', async () => {
      const { id } = await create({ headers: { 'X-A': '1', 'X-B': '2' } });
      expect((await update(id, { headers: { 'X-B': '3' } })).headers).toEqual({ 'X-B': '3' });
      expect((await update(id, { headers: {} })).headers).toEqual({});
      expect((await list())[0]?.headers).toEqual({});
    });

    it('stay when PATCH leaves them out', async () => {
      const { id } = await create({ headers: { 'X-A': '1' } });
      expect((await update(id, { active: false })).headers).toEqual({ 'X-A': '1' });
    });
  });

  describe('apiKey and apiKeys (2.2, Q5)', () => {
    it.each([
      ['an unknown apiKey', { apiKey: 'no-such-key' }, /^apiKey must be a valid key of the same supplier/],
      ["a foreign supplier's apiKey", { apiKey: 'key-other-supplier' }, /^apiKey must be a valid key/],
      ["a supplier's own key", { apiKey: 'key-supplier-1' }, /^apiKey must be a valid key/],
      [
        'an unknown one of apiKeys',
        { apiKeys: ['key-reseller-b', 'no-such-key'] },
        /^apiKeys\[1\] must be a valid key/,
      ],
    ])('%s -> BAD_REQUEST, on create and update', async (_, keys, message) => {
      const created = await create();
      for (const { status, body } of [
        await partner.post<OctoErrorBody>('/webhooks', { event: 'booking_update', url: A_URL, ...keys }),
        await partner.patch<OctoErrorBody>(`/webhooks/${created.id}`, { active: false, ...keys }),
      ]) {
        expect(status).toBe(400);
        expect(body.error).toBe('BAD_REQUEST');
        expect(body.errorMessage).toMatch(message);
        for (const key of Object.values(keys).flat()) expect(body.errorMessage).not.toContain(key);
      }
      expect(await list()).toEqual([created]);
    });

    it.each([
      ['apiKey', '/widened-by-one', { apiKey: 'key-reseller-b' }],
      ['apiKeys', '/widened-by-several', { apiKeys: ['key-reseller-b', 'key-reseller-a'] }],
    ])(
      '%s adds the changes of that connection; the key is never returned, delivered or stored',
      async (_, path, keys) => {
        const created = await create({ url: receiver.url(path), ...keys });
        expect(Object.keys(created).sort()).toEqual(
          ['active', 'capabilities', 'event', 'headers', 'id', 'retryOnError', 'url', 'useContactLanguage'].sort(),
        );
        const updated = await update(created.id, keys);
        expect(updated).toEqual(created);
        const before = receiver.requests.length;
        const uuid = await reserve(platform.client('key-reseller-b'));
        await receiver.received(before + 1);

        const delivery = receiver.requests[before];
        expect(delivery).toMatchObject({ path, body: { booking: { uuid } } });
        const dump = await dumpOfWebhookTables(platform);
        for (const found of [created.id, receiver.url(path), uuid]) expect(dump).toContain(found);
        const visible = [delivery?.raw.toString('utf8'), delivery?.headers, await list(), updated, dump];
        expect(JSON.stringify(visible)).not.toMatch(/key-reseller|key-other|api_?keys?/i);
      },
    );

    it('default: the changes of the calling key only; an empty apiKeys narrows a webhook to it again', async () => {
      const { id } = await create({ url: receiver.url('/narrowed'), apiKey: 'key-reseller-b' });
      await update(id, { apiKeys: [] });
      const before = receiver.requests.length;
      await reserve(platform.client('key-reseller-b'));
      const uuid = await reserve(partner);
      await receiver.received(before + 1);
      expect(receiver.requests.slice(before).map(({ body }) => body.booking?.['uuid'])).toEqual([uuid]);
    });

    it('an update without them leaves them', async () => {
      const { id } = await create({ url: receiver.url('/kept'), apiKey: 'key-reseller-b' });
      await update(id, { retryOnError: false });
      const before = receiver.requests.length;
      const uuid = await reserve(platform.client('key-reseller-b'));
      await receiver.received(before + 1);
      expect(receiver.requests[before]?.body.booking?.['uuid']).toBe(uuid);
    });
  });

  it.each(REFUSED)('%s -> BAD_REQUEST that says what is allowed (2.2, 6)', async (_, settings, message) => {
    const existing = await create();
    for (const { status, body } of [
      await partner.post<OctoErrorBody>('/webhooks', { event: 'booking_update', url: A_URL, ...settings }),
      await partner.patch<OctoErrorBody>(`/webhooks/${existing.id}`, settings),
    ]) {
      expect({ status, body }).toEqual({
        status: 400,
        body: { error: 'BAD_REQUEST', errorMessage: expect.stringMatching(message) as unknown },
      });
    }
    expect(await list()).toEqual([existing]);
  });

  it.each([
    ['event', { url: A_URL }, /^event is required/],
    ['url', { event: 'booking_update' }, /^url is required/],
    ['event', { url: A_URL, event: null }, /event is required/],
    ['url', { url: null, event: 'booking_update' }, /url is required/],
  ])('%s is required on create (2.2)', async (_, body, message) => {
    const answer = await partner.post<OctoErrorBody>('/webhooks', body);
    expect(answer.status).toBe(400);
    expect(answer.body.error).toBe('BAD_REQUEST');
    expect(answer.body.errorMessage).toMatch(message);
    expect(await list()).toEqual([]);
  });

  it('several mistakes are all named (6)', async () => {
    const { body } = await partner.post<OctoErrorBody>('/webhooks', {
      event: 'x',
      url: 'y',
      active: 'z',
      headers: 1,
    });
    for (const field of ['event', 'url', 'active', 'headers']) expect(body.errorMessage).toMatch(`${field} must be`);
  });

  it('fields that are not of the request are ignored (2.2)', async () => {
    const created = await create({
      id: 'mine',
      signingSecret: 'whsec_mine',
      signingSecrets: [{ secret: 'whsec_mine', expiresAt: null }],
      createdAt: 0,
      anything: { nested: true },
    });
    expect(created.id).not.toBe('mine');
    expect(await list()).toEqual([created]);
    expect(await dumpOfWebhookTables(platform)).not.toContain('whsec_mine');
  });
});
