import { afterEach, expect, it } from '@jest/globals';
import { SIGNING_SECRET_HEADER, type OctoErrorBody, type OctoWebhook } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { usePlatform } from '../support/platform.js';

const URL_1 = 'https://partner.example.com/hooks/1';
const URL_2 = 'https://partner.example.com/hooks/2';
const DELETED = { success: true, message: 'Deleted successfully.' };

describeOnServers('Endpoints (section 1)', (kind) => {
  const partner = usePlatform(kind).client('key-reseller-a');
  afterEach(async () => {
    for (const { id } of await list()) await partner.delete(`/webhooks/${id}`);
  });

  const list = async (client = partner): Promise<OctoWebhook[]> => (await client.get<OctoWebhook[]>('/webhooks')).body;

  async function create(settings: object = {}, client = partner): Promise<OctoWebhook> {
    const { status, body } = await client.post<OctoWebhook>('/webhooks', {
      event: 'booking_update',
      url: URL_1,
      ...settings,
    });
    expect(status).toBe(200);
    return body;
  }

  const idsOf = (webhooks: readonly OctoWebhook[]): string[] => webhooks.map(({ id }) => id);

  const refused = (message: RegExp): object => ({
    status: 400,
    body: { error: 'BAD_REQUEST', errorMessage: expect.stringMatching(message) as unknown },
  });

  it('success is always 200, including create (1.1)', async () => {
    const created = await partner.post<OctoWebhook>('/webhooks', { event: 'booking_update', url: URL_1 });
    const path = `/webhooks/${created.body.id}`;
    const answers = [
      created,
      await partner.patch(path, { active: false }),
      await partner.get('/webhooks'),
      await partner.get(path),
      await partner.delete(path),
    ];
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    for (const { headers } of answers) expect(headers.get('content-type')).toMatch(/^application\/json/);
  });

  it('no answer may be stored by a cache (ours)', async () => {
    const created = await partner.post<OctoWebhook>('/webhooks', { event: 'booking_update', url: URL_1 });
    const path = `/webhooks/${created.body.id}`;
    const answers = [
      created,
      await partner.patch(path, { active: false }),
      await partner.get('/webhooks'),
      await partner.get(path),
      await partner.post(`${path}/trigger`, { reference: 'any' }),
      await partner.delete(path),
    ];
    expect(answers.map(({ headers }) => headers.get('cache-control'))).toEqual(answers.map(() => 'no-store'));
  });

  it('create, update, list and get answer with the same object (1.1, 2.1)', async () => {
    const created = await create({ headers: { 'X-Partner': 'a' } });
    expect(await list()).toEqual([created]);
    expect((await partner.get(`/webhooks/${created.id}`)).body).toEqual(created);
    expect((await partner.patch(`/webhooks/${created.id}`)).body).toEqual(created);
  });

  it('list is not paginated (1.1)', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 50; index += 1) ids.push((await create({ url: `${URL_1}/${index}` })).id);
    expect(idsOf(await list())).toEqual(ids);
  });

  it('create: a connection may have 50 webhooks; one more -> UNPROCESSABLE_ENTITY that names the limit (ours)', async () => {
    for (let count = 0; count < 50; count += 1) await create();
    expect(await partner.post('/webhooks', { event: 'booking_update', url: URL_1 })).toMatchObject({
      status: 400,
      body: {
        error: 'UNPROCESSABLE_ENTITY',
        errorMessage: 'This connection has 50 webhooks, and may have 50 at most. Delete one first.',
        webhooksPerConnection: 50,
      },
    });
    expect(await list()).toHaveLength(50);
  });

  it('list is an empty array without webhooks (1.1)', async () => {
    const { status, body } = await partner.get('/webhooks');
    expect({ status, body }).toEqual({ status: 200, body: [] });
  });

  it('the collection with a trailing slash is accepted too (1.1)', async () => {
    const created = await partner.post<OctoWebhook>('/webhooks/', { event: 'booking_update', url: URL_1 });
    expect(created.status).toBe(200);
    const path = `/webhooks/${created.body.id}/`;
    expect((await partner.get('/webhooks/')).body).toEqual([created.body]);
    expect((await partner.get(path)).body).toEqual(created.body);
    expect((await partner.patch(path)).body).toEqual(created.body);
    expect((await partner.delete(`/webhooks/?url=${URL_1}`)).body).toEqual(DELETED);
    const another = await create();
    expect((await partner.delete(`/webhooks/${another.id}/`)).body).toEqual(DELETED);
    expect(await list()).toEqual([]);
  });

  it('the signing secret comes once, in a header of the answer to create (ours)', async () => {
    const created = await partner.post<OctoWebhook>('/webhooks', { event: 'booking_update', url: URL_1 });
    expect(created.headers.get(SIGNING_SECRET_HEADER)).toMatch(/^whsec_[A-Za-z0-9+/]{43}=$/);
    const path = `/webhooks/${created.body.id}`;
    for (const later of [await partner.get(path), await partner.get('/webhooks'), await partner.patch(path)]) {
      expect(later.headers.get(SIGNING_SECRET_HEADER)).toBeNull();
      expect(JSON.stringify(later.body)).not.toContain('whsec_');
    }
  });

  it.each([
    ['event', 'product_update'],
    ['url', URL_2],
    ['active', false],
    ['useContactLanguage', false],
    ['headers', { 'X-New': 'new' }],
    ['retryOnError', false],
  ])('update: every field is optional; %s alone changes nothing else (1.1)', async (field, value) => {
    const created = await create({ headers: { 'X-Old': 'old' } });
    const updated = await partner.patch<OctoWebhook>(`/webhooks/${created.id}`, { [field]: value });
    expect(updated.body).toEqual({ ...created, [field]: value });
    expect(await list()).toEqual([updated.body]);
  });

  it.each(['POST', 'GET', 'DELETE', 'PATCH'])('%s: Octo-Capabilities absent -> 400 (1.2)', async (method) => {
    const { id } = await create();
    const path = method === 'PATCH' ? `/webhooks/${id}` : `/webhooks?url=${URL_1}`;
    const body = method === 'GET' ? undefined : JSON.stringify({ event: 'booking_update', url: URL_1 });
    expect(await partner.with(null).send(method, path, body)).toMatchObject(
      refused(/Octo-Capabilities is missing.*octo\/webhooks/),
    );
    expect(idsOf(await list())).toEqual([id]);
  });

  it.each(['', 'octo/pricing', 'octo/webhook', 'OCTO/WEBHOOKS'])(
    'Octo-Capabilities "%s" without octo/webhooks -> 400 (Q3)',
    async (capabilities) => {
      expect(await partner.with(capabilities).get('/webhooks')).toMatchObject(
        refused(/Octo-Capabilities does not name octo\/webhooks/),
      );
    },
  );

  it.each(['ventrata/webhooks', 'webhooks', 'octo/pricing,webhooks', ' octo/content ,  octo/webhooks '])(
    'the alias or spacing "%s" counts as octo/webhooks (1.2, Q3)',
    async (capabilities) => {
      const { status, headers } = await partner.with(capabilities).get('/webhooks');
      expect(status).toBe(200);
      expect(headers.get('octo-capabilities')?.split(', ')).toContain('octo/webhooks');
      expect(headers.get('octo-capabilities')).not.toMatch(/ventrata|(^|[\s,])webhooks/);
    },
  );

  it('the legacy header X-Capabilities is accepted (1.2)', async () => {
    const legacy = partner.with(null, { 'x-capabilities': 'octo/webhooks, octo/pricing' });
    expect((await create({}, legacy)).capabilities).toEqual(['octo/pricing']);
  });

  it('Octo-Capabilities goes before X-Capabilities (1.2)', async () => {
    const both = partner.with('octo/webhooks, octo/content', { 'x-capabilities': 'octo/webhooks, octo/pricing' });
    expect((await create({}, both)).capabilities).toEqual(['octo/content']);
  });

  it('unknown capabilities are dropped silently, and the applied ones echoed (1.2)', async () => {
    const asking = partner.with('octo/pricing,octo/teleport , octo/webhooks,octo/pricing, nonsense');
    const { status, headers, body } = await asking.post<OctoWebhook>('/webhooks', {
      event: 'booking_update',
      url: URL_1,
    });
    expect(status).toBe(200);
    expect(headers.get('octo-capabilities')).toBe('octo/pricing, octo/webhooks');
    expect(body.capabilities).toEqual(['octo/pricing']);
  });

  it('each answer says its Content-Language and the applied capabilities (1.2)', async () => {
    const created = await partner.post<OctoWebhook>('/webhooks', { event: 'booking_update', url: URL_1 });
    const path = `/webhooks/${created.body.id}`;
    for (const { headers } of [
      created,
      await partner.get('/webhooks'),
      await partner.get(path),
      await partner.patch(path),
      await partner.delete(path),
    ]) {
      expect(headers.get('content-language')).toBe('en');
      expect(headers.get('octo-available-languages')).toBe('en');
      expect(headers.get('octo-capabilities')).toBe('octo/webhooks, octo/pricing');
    }
  });

  it.each([
    ['test', 'test'],
    ['live', 'live'],
    [null, 'live'],
  ])('Octo-Env %s is answered with the effective mode %s (1.2, Q20)', async (asked, effective) => {
    const other = partner.with('octo/webhooks', asked === null ? {} : { 'octo-env': asked });
    expect((await other.get('/webhooks')).headers.get('octo-env')).toBe(effective);
  });

  it('delete by id removes one webhook and ignores a body (1.3)', async () => {
    const [first, second] = [await create(), await create()];
    const { status, body } = await partner.delete(`/webhooks/${first.id}`, { url: URL_2, event: 'nonsense' });
    expect({ status, body }).toEqual({ status: 200, body: DELETED });
    expect(idsOf(await list())).toEqual([second.id]);
  });

  it('a deleted webhook is unknown from then on (1.3)', async () => {
    const { id } = await create();
    await partner.delete(`/webhooks/${id}`);
    for (const method of ['GET', 'PATCH', 'DELETE']) {
      const { status, body } = await partner.send<OctoErrorBody>(method, `/webhooks/${id}`);
      expect({ method, status, body }).toMatchObject({
        method,
        status: 400,
        body: { error: 'INVALID_WEBHOOK_ID', webhookId: id },
      });
    }
  });

  it.each([
    ['the query', `?url=${encodeURIComponent(URL_1)}`, undefined],
    ['the body', '', { url: URL_1 }],
    ['both, the same', `?url=${encodeURIComponent(URL_1)}`, { url: URL_1 }],
  ])('delete by URL takes it from %s and removes all matches (1.1, Q12)', async (_, query, body) => {
    await create();
    await create({ event: 'product_update' });
    const other = await create({ url: URL_2 });
    const answer = await partner.delete(`/webhooks${query}`, body);
    expect({ status: answer.status, body: answer.body }).toEqual({ status: 200, body: DELETED });
    expect(idsOf(await list())).toEqual([other.id]);
  });

  it('delete by URL: query and body that differ -> BAD_REQUEST (Q14)', async () => {
    const ids = [(await create()).id, (await create({ url: URL_2 })).id];
    expect(await partner.delete(`/webhooks?url=${URL_1}`, { url: URL_2 })).toMatchObject(
      refused(/url must be the same in the query and in the body/),
    );
    expect(
      await partner.delete(`/webhooks?url=${URL_1}&event=booking_update`, { event: 'order_update' }),
    ).toMatchObject(refused(/event must be the same in the query and in the body/));
    expect(idsOf(await list())).toEqual(ids);
  });

  it.each([
    ['the query', '&event=product_update', undefined],
    ['the query, dotted', '&event=product.updated', undefined],
    ['the body', '', { event: 'product_update' }],
    ['the body, dotted', '', { event: 'product.updated' }],
    ['both, one dotted', '&event=product.updated', { event: 'product_update' }],
  ])('delete by URL: event in %s narrows it (1.3)', async (_, query, body) => {
    const kept = await create();
    await create({ event: 'product_update' });
    await create({ event: 'product_update' });
    expect((await partner.delete(`/webhooks?url=${URL_1}${query}`, body)).body).toEqual(DELETED);
    expect(idsOf(await list())).toEqual([kept.id]);
  });

  it.each([
    'https://partner.example.com/hooks',
    'https://partner.example.com/hooks/1/',
    'https://partner.example.com/hooks/1?',
    'https://partner.example.com/Hooks/1',
    'https://PARTNER.example.com/hooks/1',
    'https://partner.example.com:443/hooks/1',
    'http://partner.example.com/hooks/1',
    '%',
    '',
  ])('delete by URL compares the exact string; no match -> BAD_REQUEST: "%s" (Q13, Q15)', async (url) => {
    const { id } = await create();
    expect(await partner.delete('/webhooks', { url })).toMatchObject(refused(/exactly as it was subscribed/));
    expect(await partner.delete(`/webhooks?url=${encodeURIComponent(url)}`)).toMatchObject(
      refused(/exactly as it was subscribed/),
    );
    expect(idsOf(await list())).toEqual([id]);
  });

  it('delete by URL: an event that no webhook with the URL has -> BAD_REQUEST (Q13)', async () => {
    const { id } = await create();
    expect(await partner.delete('/webhooks', { url: URL_1, event: 'order_update' })).toMatchObject(
      refused(/exactly as it was subscribed/),
    );
    expect(idsOf(await list())).toEqual([id]);
  });

  it.each([
    ['no url', '', undefined, /url is required/],
    ['only an event', '?event=booking_update', undefined, /url is required/],
    ['an unknown event', `?url=${URL_1}&event=nonsense`, undefined, /event must be one of booking_update, /],
    ['two urls', `?url=${URL_1}&url=${URL_2}`, undefined, /url must be a string/],
    ['a number', '', { url: 1 }, /url must be a string/],
    ['null', '', { url: null }, /url must be a string/],
  ])('delete by URL with %s -> BAD_REQUEST, nothing deleted (1.3)', async (_, query, body, message) => {
    const { id } = await create();
    expect(await partner.delete(`/webhooks${query}`, body)).toMatchObject(refused(message));
    expect(idsOf(await list())).toEqual([id]);
  });
});
