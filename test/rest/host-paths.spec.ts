import { describe, expect, it } from '@jest/globals';
import { RequestMethod, VersioningType, type INestApplication } from '@nestjs/common';
import { RouterModule } from '@nestjs/core';
import {
  InvalidWebhooksOptionError,
  WebhooksModule,
  type OctoErrorBody,
  type OctoWebhook,
  type WebhooksRouteOptions,
} from 'nestjs-octo-webhooks';
import { describeOnDatabases } from '../support/each-database.js';
import { useNestHosts, type NestHostParts } from '../support/nest-hosts.js';
import { OctoClient } from '../support/octo-client.js';
import { TestWebhooksHost } from '../support/test-host.js';

const A_WEBHOOK = { event: 'booking_update', url: 'https://partner.example.com/hooks' };
const OVERSIZED = { ...A_WEBHOOK, padding: 'x'.repeat(200 * 1024) };

const path = (given: string | undefined): NestHostParts => ({
  webhooks: { routes: { path: given } as WebhooksRouteOptions },
});
const under = (...prefix: Parameters<INestApplication['setGlobalPrefix']>): NestHostParts => ({
  prepare: (app) => app.setGlobalPrefix(...prefix),
});
const routedTo = (at: string, parts: NestHostParts = {}): NestHostParts => ({
  ...parts,
  imports: [RouterModule.register([{ path: at, module: WebhooksModule }])],
});
const versioned = (...versioning: Parameters<INestApplication['enableVersioning']>): NestHostParts => ({
  prepare: (app) => app.enableVersioning(...versioning),
});
const everything: NestHostParts = routedTo('partners', {
  ...path('/octo/'),
  prepare: (app) =>
    app
      .setGlobalPrefix('api', { exclude: ['partners/octo/{*path}'] })
      .enableVersioning({ type: VersioningType.URI, defaultVersion: ['1', '2'] }),
});

const HEADER = { type: VersioningType.HEADER, header: 'X-Version' } as const;
const MEDIA_TYPE = { type: VersioningType.MEDIA_TYPE, key: 'v=' } as const;
const CUSTOM = { type: VersioningType.CUSTOM, extractor: () => '7' } as const;

/** Where the webhooks are served, and where they are not although they might be. */
const PLACES: [what: string, parts: NestHostParts, at: string, notAt: string][] = [
  ['no routes option', {}, '/octo', ''],
  ['a routes option without a path', { webhooks: { routes: { errorStatuses: {} } } }, '/octo', ''],
  ['the path undefined', path(undefined), '/octo', ''],
  ['the path "/octo/"', path('/octo/'), '/octo', ''],
  ['the path "//a//b/"', path('//a//b/'), '/a/b', '/octo'],
  ['the path ""', path(''), '', '/octo'],
  ['the path "/"', path('/'), '', '/octo'],
  ['a path that ends as the routes do', path('webhooks'), '/webhooks', '/octo'],
  ['a path with a parameter', path(':tenant/octo'), '/acme/octo', '/octo'],
  ['a global prefix', under('api'), '/api/octo', '/octo'],
  ['a global prefix with slashes', under('/api/v1/'), '/api/v1/octo', '/octo'],
  [
    'a global prefix that excludes the routes',
    under('api', { exclude: ['octo/webhooks', 'octo/webhooks/{*path}'] }),
    '/octo',
    '/api/octo',
  ],
  ['RouterModule', routedTo('partners'), '/partners/octo', '/octo'],
  ['RouterModule with a parameter', routedTo(':tenant'), '/acme/octo', '/octo'],
  ['RouterModule and the path ""', routedTo('partners', path('')), '/partners', '/octo'],
  ['RouterModule and a global prefix', routedTo('partners', under('api')), '/api/partners/octo', '/partners/octo'],
  ['URI versioning', versioned({ type: VersioningType.URI }), '/octo', '/v1/octo'],
  ['URI versioning, default 1', versioned({ type: VersioningType.URI, defaultVersion: '1' }), '/octo', '/v1/octo'],
  ['header versioning', versioned(HEADER), '/octo', '/v1/octo'],
  ['header versioning, default 1', versioned({ ...HEADER, defaultVersion: '1' }), '/octo', '/v1/octo'],
  ['media type versioning', versioned(MEDIA_TYPE), '/octo', '/v1/octo'],
  ['media type versioning, default 1', versioned({ ...MEDIA_TYPE, defaultVersion: '1' }), '/octo', '/v1/octo'],
  ['custom versioning', versioned(CUSTOM), '/octo', '/v7/octo'],
  ['custom versioning, default 1', versioned({ ...CUSTOM, defaultVersion: '1' }), '/octo', '/v1/octo'],
  ['all of them', everything, '/partners/octo', '/api/partners/octo'],
];

/** A partner whose client sends versions, as many do. */
const partnerAt = (url: string): OctoClient =>
  new OctoClient(url, 'key-a').with('octo/webhooks', { 'x-version': '3', accept: 'application/json;v=2' });

async function expectEnvelopes(partner: OctoClient): Promise<void> {
  const unknown = await partner.send<OctoErrorBody>('PUT', '/webhooks');
  expect(unknown).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } });
  expect(unknown.body.errorMessage).toMatch(/^There is no PUT \/.*webhooks\.$/);
  expect(await partner.get('/webhooks/a/b/c')).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } });
  const malformed = {
    status: 400,
    body: { error: 'BAD_REQUEST', errorMessage: expect.stringContaining('not valid JSON') },
  };
  expect(await partner.send('POST', '/webhooks', '{')).toMatchObject(malformed);
  expect(await partner.send('PATCH', '/webhooks/x', '{')).toMatchObject(malformed);
  const tooLarge = { status: 400, body: { error: 'BAD_REQUEST', errorMessage: expect.stringContaining('too large') } };
  expect(await partner.post('/webhooks', OVERSIZED)).toMatchObject(tooLarge);
}

describeOnDatabases(
  'The place of the routes in a host',
  (kind) => {
    const start = useNestHosts(kind);

    it.each(PLACES)('%s: they are there and nowhere else, in every version', async (_, parts, at, notAt) => {
      const url = await start(parts);
      const partner = partnerAt(`${url}${at}`);
      const { status, body } = await partner.post<OctoWebhook>('/webhooks', A_WEBHOOK);
      expect({ status, body }).toMatchObject({ status: 200, body: A_WEBHOOK });
      expect(await partner.get(`/webhooks/${body.id}`)).toMatchObject({ status: 200, body: { id: body.id } });
      await expectEnvelopes(partner);
      for (const method of ['GET', 'PUT'])
        expect((await fetch(`${url}${notAt}/webhooks`, { method })).status).toBe(404);
    });

    it('an exception of the global prefix for one method: both places have the envelope', async () => {
      const exclude = [{ path: 'octo/webhooks', method: RequestMethod.POST }];
      const url = await start(under('api', { exclude }));
      expect((await partnerAt(`${url}/octo`).post('/webhooks', A_WEBHOOK)).status).toBe(200);
      expect((await partnerAt(`${url}/api/octo`).get('/webhooks')).status).toBe(200);
      await expectEnvelopes(partnerAt(`${url}/octo`));
      await expectEnvelopes(partnerAt(`${url}/api/octo`));
    });
  },
  ['PGlite'],
);

describe('A setting of the routes that cannot work', () => {
  it.each<[option: string, routes: unknown]>([
    ['routes', null],
    ['routes', true],
    ['routes', 'octo'],
    ['routes', ['octo']],
    ['routes.prefix', { prefix: 'octo' }],
    ['routes.path', { path: null }],
    ['routes.path', { path: 7 }],
    ['routes.path', { path: ' octo' }],
    ['routes.path', { path: 'octo?x' }],
    ['routes.guard', { guard: 'RefusingGuard' }],
    ['routes.guard', { guard: null }],
    ['routes.errorStatuses', { errorStatuses: { FORBIDEN: 401 } }],
    ['routes.errorStatuses', { errorStatuses: { FORBIDDEN: '401' } }],
    ['routes.errorStatuses', { errorStatuses: { FORBIDDEN: 200 } }],
    ['routes.decorators', { decorators: { isPublic: true } }],
    ['routes.decorators', { decorators: ['Public'] }],
  ])('is refused at once, by its name: %s of %j', (option, routes) => {
    const forRoot = (): unknown =>
      WebhooksModule.forRoot({ host: TestWebhooksHost, routes: routes as WebhooksRouteOptions });
    expect(forRoot).toThrow(InvalidWebhooksOptionError);
    expect(forRoot).toThrow(expect.objectContaining({ option }));
  });
});
