import { beforeAll, describe, expect, it } from '@jest/globals';
import { Module, type CanActivate, type ExecutionContext, type INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ScheduleModule } from '@nestjs/schedule';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  OctoError,
  webhookEntities,
  WEBHOOK_MIGRATIONS,
  WebhooksModule,
  type OctoErrorBody,
  type OctoRequest,
  type OctoWebhook,
  type WebhooksModuleExtras,
  type WebhooksModuleOptions,
} from 'nestjs-octo-webhooks';
import { startDatabase, type RunningDatabase } from '../../apps/booking-platform/src/database/running-database.js';
import { describeOnServers, useTestDatabase } from '../support/each-database.js';
import { OctoClient, type OctoResponse } from '../support/octo-client.js';
import { usePlatform } from '../support/platform.js';
import { useResource } from '../support/resources.js';
import { CONNECTIONS, TestWebhooksHost } from '../support/test-host.js';

const NOBODYS_ID = '018f0000-0000-7000-8000-000000000000';
const A_WEBHOOK = { event: 'booking_update', url: 'https://partner.example.com/hooks' };

/** Each route, as a request that reaches it. */
const ENDPOINTS: [string, string, object | undefined][] = [
  ['POST', '/webhooks', A_WEBHOOK],
  ['GET', '/webhooks', undefined],
  ['GET', `/webhooks/${NOBODYS_ID}`, undefined],
  ['PATCH', `/webhooks/${NOBODYS_ID}`, { active: true }],
  ['DELETE', `/webhooks/${NOBODYS_ID}`, undefined],
  ['DELETE', `/webhooks?url=${A_WEBHOOK.url}`, undefined],
  ['POST', `/webhooks/${NOBODYS_ID}/trigger`, { reference: 'any' }],
];

const ofOneWebhook = ENDPOINTS.filter(([, path]) => path.includes(NOBODYS_ID));

const send = (client: OctoClient, [method, path, body]: (typeof ENDPOINTS)[number]) =>
  client.send<OctoErrorBody>(method, path, body === undefined ? undefined : JSON.stringify(body));

/** The envelope, and nothing else. */
function expectEnvelope(answer: OctoResponse<OctoErrorBody>, status: number, error: string, message = /./): void {
  expect({ status: answer.status, body: answer.body }).toEqual({
    status,
    body: { error, errorMessage: expect.stringMatching(message) as unknown },
  });
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  expect(answer.headers.get('cache-control')).toBe('no-store');
}

/** Lets a partner in by a header of its own. */
class PartnerHeaderGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<OctoRequest>();
    if (request.headers['x-partner'] !== 'a') throw new OctoError('UNAUTHORIZED', 'The header X-Partner is missing.');
    request.octoConnection = CONNECTIONS.a;
    return true;
  }
}

/** A guard that refuses as Nest guards do, and one that does not set the connection. */
class RefusingGuard implements CanActivate {
  canActivate = (): boolean => false;
}
class ForgetfulGuard implements CanActivate {
  canActivate = (): boolean => true;
}

class BrokenHost extends TestWebhooksHost {
  override connectionOf(): Promise<never> {
    return Promise.reject(new Error('the password of the database is hunter2'));
  }
}

/** The tests of unroutable and unreadable requests, on the platform and on a host that does not handle errors itself. */
function badRequests(client: () => OctoClient): void {
  it.each(['{', '{"event": }', 'event=booking_update', 'null', '"text"', '{"url":"\\x"}'])(
    'malformed JSON %s -> BAD_REQUEST',
    async (body) => {
      expectEnvelope(await client().send('POST', '/webhooks', body), 400, 'BAD_REQUEST', /JSON/);
      expectEnvelope(await client().send('PATCH', `/webhooks/${NOBODYS_ID}`, body), 400, 'BAD_REQUEST', /JSON/);
      expectEnvelope(await client().send('DELETE', '/webhooks', body), 400, 'BAD_REQUEST', /JSON/);
    },
  );

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'application/jsonx', 'text/json', ''])(
    'a body of the content type "%s" -> BAD_REQUEST that names application/json (1.2)',
    async (type) => {
      const other = client().with('octo/webhooks', { 'content-type': type });
      const answer = await other.send<OctoErrorBody>('POST', '/webhooks', JSON.stringify(A_WEBHOOK));
      expectEnvelope(answer, 400, 'BAD_REQUEST', /Content-Type.*must be application\/json/);
    },
  );

  it('application/json may have parameters (1.2)', async () => {
    const other = client().with('octo/webhooks', { 'content-type': 'Application/JSON; charset=UTF-8' });
    const { status, body } = await other.send<OctoWebhook>('POST', '/webhooks', JSON.stringify(A_WEBHOOK));
    expect(status).toBe(200);
    expect((await client().delete(`/webhooks/${body.id}`)).status).toBe(200);
  });

  it('a body of more than 100 KB -> BAD_REQUEST that says how large it may be', async () => {
    const body = { ...A_WEBHOOK, padding: 'x'.repeat(100 * 1024) };
    expectEnvelope(await client().post('/webhooks', body), 400, 'BAD_REQUEST', /too large|at most/);
  });

  it.each([
    ['PUT', '/webhooks'],
    ['PATCH', '/webhooks'],
    ['PUT', `/webhooks/${NOBODYS_ID}`],
    ['POST', `/webhooks/${NOBODYS_ID}`],
    ['GET', `/webhooks/${NOBODYS_ID}/trigger`],
    ['GET', `/webhooks/${NOBODYS_ID}/nothing/here`],
  ])('an unknown route, %s %s -> BAD_REQUEST: there is no 404', async (method, path) => {
    expectEnvelope(await client().send(method, path), 400, 'BAD_REQUEST', new RegExp(method));
  });

  it.each([
    ['POST', '/webhooks', /event is required.*url is required/],
    ['DELETE', '/webhooks', /url is required/],
  ])('%s %s without a body -> BAD_REQUEST that says what is required', async (method, path, message) => {
    expectEnvelope(await client().send(method, path), 400, 'BAD_REQUEST', message);
  });

  it.each(['[]', `[${JSON.stringify(A_WEBHOOK)}]`, '[null]', '[1]'])(
    'a list as body, %s -> BAD_REQUEST',
    async (body) => {
      expectEnvelope(await client().send('POST', '/webhooks', body), 400, 'BAD_REQUEST');
    },
  );

  it.each([
    ['POST', '/webhooks', 'headers', '['],
    ['POST', '/webhooks', 'unknown', '{"a":'],
    ['PATCH', `/webhooks/${NOBODYS_ID}`, 'apiKeys', '['],
    ['DELETE', '/webhooks', 'event', '{"a":'],
    ['POST', `/webhooks/${NOBODYS_ID}/trigger`, 'units', '['],
  ])('%s %s with a deeply nested body, in %s -> BAD_REQUEST', async (method, path, field, open) => {
    const levels = 15_000;
    const deep = `${open.repeat(levels)}1${(open === '[' ? ']' : '}').repeat(levels)}`;
    const body = `${JSON.stringify(A_WEBHOOK).slice(0, -1)},"${field}":${deep}}`;
    expectEnvelope(await client().send(method, path, body), 400, 'BAD_REQUEST', /nested more than 32 levels/);
  });

  it('a path that cannot be decoded -> BAD_REQUEST that does not blame the body', async () => {
    expectEnvelope(await client().get('/webhooks/%zz'), 400, 'BAD_REQUEST', /^(?!.*body).*%zz/);
  });

  it('an encoding of the body that is not known -> BAD_REQUEST', async () => {
    const other = client().with('octo/webhooks', { 'content-encoding': 'snappy' });
    expectEnvelope(await other.post('/webhooks', A_WEBHOOK), 400, 'BAD_REQUEST', /^(?!.*not valid JSON).*encoding/);
  });
}

describeOnServers('Errors (section 6)', (kind) => {
  const platform = usePlatform(kind);
  const partner = platform.client('key-reseller-a');

  it.each(ENDPOINTS)('%s %s: missing key -> UNAUTHORIZED, 400', async (...endpoint) => {
    expectEnvelope(await send(platform.client(null), endpoint), 400, 'UNAUTHORIZED', /Authorization: Bearer/);
  });

  it.each(ENDPOINTS)('%s %s: bad key -> FORBIDDEN, 403', async (...endpoint) => {
    expectEnvelope(
      await send(platform.client('no-such-key'), endpoint),
      403,
      'FORBIDDEN',
      /unknown or has been revoked/,
    );
  });

  it.each(['Basic a2V5LXJlc2VsbGVyLWE6', 'key-reseller-a', 'Bearer', 'Bearer  ', 'Bearer key-supplier-1'])(
    'Authorization "%s" -> FORBIDDEN, 403',
    async (authorization) => {
      const other = platform.client(null).with('octo/webhooks', { authorization });
      expectEnvelope(await other.get('/webhooks'), 403, 'FORBIDDEN');
    },
  );

  it('the key is checked before the capabilities and the body', async () => {
    const stranger = platform.client('no-such-key').with(null);
    expectEnvelope(await stranger.post('/webhooks', { url: 1 }), 403, 'FORBIDDEN');
  });

  it.each(ofOneWebhook)('%s %s: unknown webhook id -> 400 INVALID_WEBHOOK_ID, echoed', async (...endpoint) => {
    const { status, body } = await send(partner, endpoint);
    expect({ status, body }).toEqual({
      status: 400,
      body: { error: 'INVALID_WEBHOOK_ID', errorMessage: expect.any(String) as unknown, webhookId: NOBODYS_ID },
    });
  });

  it.each(['webhook_booking_update', "1' OR '1'='1", 'a/b', 'ü', '%', '0', 'null', `${NOBODYS_ID} `, '\u0000'])(
    'an id of any form -> INVALID_WEBHOOK_ID, echoed as it was sent: %j',
    async (webhookId) => {
      for (const method of ['GET', 'PATCH', 'DELETE']) {
        const { status, body } = await partner.send(method, `/webhooks/${encodeURIComponent(webhookId)}`);
        expect({ method, status, body }).toMatchObject({
          method,
          status: 400,
          body: { error: 'INVALID_WEBHOOK_ID', webhookId },
        });
      }
    },
  );

  it('PATCH without a body changes nothing but the capabilities', async () => {
    const created = await partner.post<OctoWebhook>('/webhooks', A_WEBHOOK);
    const { status, body } = await partner.with('octo/webhooks').send('PATCH', `/webhooks/${created.body.id}`);
    expect({ status, body }).toEqual({ status: 200, body: { ...created.body, capabilities: [] } });
  });

  badRequests(() => partner);
});

describeOnServers('What a host may set about errors and endpoints (section 6)', (kind) => {
  const database = useTestDatabase(kind);
  let running: RunningDatabase;
  const applications: INestApplication[] = [];
  useResource('group', async () => {
    running = await startDatabase(database.url, (type) => ({
      entities: webhookEntities(type),
      migrations: WEBHOOK_MIGRATIONS,
    }));
    return async () => {
      for (const application of applications) await application.close();
      await running.stop();
    };
  });

  /** Starts an application with nothing but the library in it. Returns the URL of its root. */
  async function startHost(settings: Partial<WebhooksModuleExtras> & WebhooksModuleOptions = {}): Promise<string> {
    @Module({
      imports: [
        TypeOrmModule.forRoot({ ...running.dataSource.options, retryAttempts: 0 }),
        ScheduleModule.forRoot(),
        WebhooksModule.forRoot({
          dispatch: { enabled: false },
          host: TestWebhooksHost,
          ...settings,
          routes: { path: '', ...settings.routes },
        }),
      ],
    })
    class HostApplication {}
    const application = await NestFactory.create(HostApplication, { logger: false, abortOnError: false });
    applications.push(application);
    await application.listen(0, '127.0.0.1');
    return application.getUrl();
  }

  const clientOf = (url: string, key: string | null = 'key-a'): OctoClient => new OctoClient(url, key);

  describe('with defaults, but at the root', () => {
    let url: string;
    beforeAll(async () => {
      url = await startHost();
    });

    it('UNAUTHORIZED is 400 and FORBIDDEN 403', async () => {
      expect((await clientOf(url).get('/webhooks')).status).toBe(200);
      expectEnvelope(await clientOf(url, null).get('/webhooks'), 400, 'UNAUTHORIZED');
      expectEnvelope(await clientOf(url, 'bad').get('/webhooks'), 403, 'FORBIDDEN');
    });

    it.each([
      'https://127.0.0.1/',
      'https://10.0.0.1/',
      'https://[::1]:8443/',
      'https://169.254.169.254/',
      'https://2130706433',
    ])('private address %s -> BAD_REQUEST (Q18)', async (privateUrl) => {
      const client = clientOf(url);
      const { body } = await client.post<OctoWebhook>('/webhooks', A_WEBHOOK);
      const message = /url must lead to an allowed destination: \S+ is not a public address \(\w+\)/;
      const answer = await client.post<OctoErrorBody>('/webhooks', { ...A_WEBHOOK, url: privateUrl });
      expectEnvelope(answer, 400, 'BAD_REQUEST', message);
      expectEnvelope(await client.patch(`/webhooks/${body.id}`, { url: privateUrl }), 400, 'BAD_REQUEST', message);
    });

    badRequests(() => clientOf(url));
  });

  it('the statuses can be set, for every code and also for unroutable requests', async () => {
    const errorStatuses = { UNAUTHORIZED: 401, FORBIDDEN: 418, BAD_REQUEST: 422, INVALID_WEBHOOK_ID: 404 };
    const url = await startHost({ routes: { errorStatuses } });
    expectEnvelope(await clientOf(url, null).get('/webhooks'), 401, 'UNAUTHORIZED');
    expectEnvelope(await clientOf(url, 'bad').get('/webhooks'), 418, 'FORBIDDEN');
    expectEnvelope(await clientOf(url).post('/webhooks'), 422, 'BAD_REQUEST');
    expectEnvelope(await clientOf(url).send('POST', '/webhooks', '{'), 422, 'BAD_REQUEST');
    expectEnvelope(await clientOf(url).send('PUT', '/webhooks'), 422, 'BAD_REQUEST');
    const { status, body } = await clientOf(url).get(`/webhooks/${NOBODYS_ID}`);
    expect({ status, body }).toMatchObject({ status: 404, body: { error: 'INVALID_WEBHOOK_ID' } });
  });

  it('the path can be set, and only it has the endpoints', async () => {
    const url = await startHost({ routes: { path: 'partners/v1' } });
    expect((await clientOf(`${url}/partners/v1`).get('/webhooks')).status).toBe(200);
    expectEnvelope(await clientOf(`${url}/partners/v1`).send('PUT', '/webhooks'), 400, 'BAD_REQUEST');
    expect((await clientOf(url).get('/webhooks')).status).toBe(404);
  });

  it('the guard can be set: it says who calls, and its refusals have the envelope', async () => {
    const url = await startHost({ routes: { guard: PartnerHeaderGuard } });
    const known = clientOf(url, null).with('octo/webhooks', { 'x-partner': 'a' });
    expect((await known.post('/webhooks', A_WEBHOOK)).status).toBe(200);
    expectEnvelope(await clientOf(url, 'key-a').get('/webhooks'), 400, 'UNAUTHORIZED', /X-Partner/);
  });

  it.each([
    ['refuses', RefusingGuard, 403, 'FORBIDDEN'],
    ['leaves no connection', ForgetfulGuard, 400, 'UNAUTHORIZED'],
  ])('a guard of the host that %s lets nobody in', async (_, guard, status, error) => {
    const url = await startHost({ routes: { guard } });
    for (const endpoint of ENDPOINTS) expectEnvelope(await send(clientOf(url), endpoint), status, error);
  });

  it("a fault of the host's -> INTERNAL_SERVER_ERROR, 500, without a word of its text", async () => {
    const url = await startHost({ host: BrokenHost });
    const answer = await clientOf(url).get<OctoErrorBody>('/webhooks');
    expectEnvelope(answer, 500, 'INTERNAL_SERVER_ERROR', /^(?!.*hunter2)/);
  });

  it('lenient mode: octo/webhooks need not be named, but the header must be there (Q3)', async () => {
    const url = await startHost({ octo: { requireCapability: false } });
    expect((await clientOf(url).with('').get('/webhooks')).status).toBe(200);
    const { body } = await clientOf(url).with('octo/pricing').post<OctoWebhook>('/webhooks', A_WEBHOOK);
    expect(body.capabilities).toEqual(['octo/pricing']);
    expect((await clientOf(url).with('').patch<OctoWebhook>(`/webhooks/${body.id}`)).body.capabilities).toEqual([]);
    expectEnvelope(await clientOf(url).with(null).get('/webhooks'), 400, 'BAD_REQUEST');
  });

  it('delete by URL without a match can be a success (Q13)', async () => {
    const url = await startHost({ octo: { unknownUrlIsError: false } });
    const { status, body } = await clientOf(url).delete('/webhooks', { url: 'https://nobody.example.com' });
    expect({ status, body }).toMatchObject({ status: 200, body: { success: true } });
  });
});
