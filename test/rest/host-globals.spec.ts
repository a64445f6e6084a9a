import { expect, it } from '@jest/globals';
import {
  Catch,
  Controller,
  ForbiddenException,
  Get,
  SetMetadata,
  UseGuards,
  ValidationPipe,
  type ArgumentsHost,
  type CallHandler,
  type CanActivate,
  type ExceptionFilter,
  type ExecutionContext,
  type NestInterceptor,
  type PipeTransform,
} from '@nestjs/common';
import { APP_FILTER, APP_GUARD, APP_INTERCEPTOR, APP_PIPE, Reflector } from '@nestjs/core';
import type { OctoErrorBody, OctoWebhook } from 'nestjs-octo-webhooks';
import { map, type Observable } from 'rxjs';
import { describeOnDatabases } from '../support/each-database.js';
import { useNestHosts, type NestHostParts } from '../support/nest-hosts.js';
import { OctoClient } from '../support/octo-client.js';

const STRICT = {
  whitelist: true,
  forbidNonWhitelisted: true,
  transform: true,
  transformOptions: { enableImplicitConversion: true },
} as const;
const URL = 'https://partner.example.com/hooks';
const A_WEBHOOK = { event: 'booking_update', url: URL };

/** Changes every value of a request that a pipe can reach. */
class MeddlingPipe implements PipeTransform {
  transform(): unknown {
    return { url: 'https://meddler.example.com', event: 'order_update' };
  }
}

const PIPES: [string, NestHostParts][] = [
  ['useGlobalPipes', { prepare: (app) => app.useGlobalPipes(new ValidationPipe(STRICT)) }],
  ['APP_PIPE', { providers: [{ provide: APP_PIPE, useValue: new ValidationPipe(STRICT) }] }],
  [
    'useGlobalPipes, for custom decorators too',
    { prepare: (app) => app.useGlobalPipes(new ValidationPipe({ ...STRICT, validateCustomDecorators: true })) },
  ],
  ['useGlobalPipes, one that changes all', { prepare: (app) => app.useGlobalPipes(new MeddlingPipe()) }],
];

const Public = () => SetMetadata('isPublic', true);
const SkipTransform = () => SetMetadata('skipTransform', true);

class PublicGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    return new Reflector().getAllAndOverride<boolean | undefined>('isPublic', targets) ?? false;
  }
}

class DataInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    const skipped = new Reflector().getAllAndOverride<boolean | undefined>('skipTransform', [context.getClass()]);
    return skipped === undefined ? next.handle().pipe(map((data: unknown) => ({ data }))) : next.handle();
  }
}

@Catch()
class HostFilter implements ExceptionFilter {
  catch(_: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<{ status(code: number): { json(body: unknown): void } }>();
    response.status(418).json({ from: 'the filter of the host' });
  }
}

@Controller('own')
class OwnController {
  @Get()
  get(): string {
    return 'own';
  }
}

/** Notes whether the connection of the caller was known when it ran. */
class ConnectionAwareGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<{ octoConnection?: { id: string } }>();
    if (request.octoConnection?.id === 'connection-a') return true;
    throw new ForbiddenException('Only connection A, please.');
  }
}

describeOnDatabases(
  "What a host declares for all routes, and the library's routes",
  (kind) => {
    const start = useNestHosts(kind);
    const partnerOf = (url: string): OctoClient => new OctoClient(`${url}/octo`, 'key-a');

    it.each(PIPES)('a global pipe does not see what partners send: %s', async (_, parts) => {
      const partner = partnerOf(await start(parts));
      const created = await partner.post<OctoWebhook>('/webhooks', { ...A_WEBHOOK, capabilities: [], unknown: 1 });
      expect(created).toMatchObject({ status: 200, body: { ...A_WEBHOOK, active: true } });
      const path = `/webhooks/${created.body.id}`;

      const wrong = await partner.patch<OctoErrorBody>(path, { active: 'false', apiKeys: 'key-b', unknown: 1 });
      expect(wrong).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } });
      expect(wrong.body.errorMessage).toMatch(/active must be a boolean.*apiKeys must be an array/);
      expect((await partner.patch<OctoWebhook>(path, { active: false, unknown: 1 })).body.active).toBe(false);
      expect((await partner.get<OctoWebhook>(path)).body).toEqual({ ...created.body, active: false });

      const lost = await partner.send<OctoErrorBody>('PATCH', path, '{"headers":{"__proto__":"x","X-Other":"y"}}');
      expect(lost).toMatchObject({ status: 400, body: { errorMessage: expect.stringContaining('__proto__') } });
      const triggered = await partner.post<OctoErrorBody>(`${path}/trigger`, { reference: 7, unknown: 1 });
      expect(triggered).toMatchObject({
        status: 400,
        body: { errorMessage: expect.stringMatching(/^reference must/) },
      });

      const query = `?url=${encodeURIComponent(URL)}&utm_source=mail`;
      expect((await partner.delete<unknown>(`/webhooks${query}`, { unknown: 1 })).status).toBe(200);
      expect((await partner.get(path)).status).toBe(400);
    });

    it.each<[string, NestHostParts]>([
      [
        'useGlobal…',
        { prepare: (app) => app.useGlobalGuards(new PublicGuard()).useGlobalInterceptors(new DataInterceptor()) },
      ],
      [
        'APP_…',
        {
          providers: [
            { provide: APP_GUARD, useClass: PublicGuard },
            { provide: APP_INTERCEPTOR, useClass: DataInterceptor },
          ],
        },
      ],
    ])('global guards and interceptors recognize them by the decorators of the host: %s', async (_, parts) => {
      const decorators = [Public(), SkipTransform()];
      const url = await start({ ...parts, webhooks: { routes: { decorators } }, controllers: [OwnController] });
      const { status, body } = await partnerOf(url).post<OctoWebhook>('/webhooks', A_WEBHOOK);
      expect({ status, body }).toMatchObject({ status: 200, body: A_WEBHOOK });
      expect(await partnerOf(url).post(`/webhooks/${body.id}/trigger`, {})).not.toMatchObject({ status: 403 });
      expect((await fetch(`${url}/own`)).status).toBe(403);
    });

    it('without such a decorator, a global guard that refuses has the envelope', async () => {
      const url = await start({ providers: [{ provide: APP_GUARD, useClass: PublicGuard }] });
      expect(await partnerOf(url).get('/webhooks')).toMatchObject({ status: 403, body: { error: 'FORBIDDEN' } });
    });

    it('a guard among the decorators runs when the caller is known', async () => {
      const url = await start({ webhooks: { routes: { decorators: [UseGuards(ConnectionAwareGuard)] } } });
      expect((await partnerOf(url).get('/webhooks')).status).toBe(200);
      const other = await new OctoClient(`${url}/octo`, 'key-b').get('/webhooks');
      expect(other).toMatchObject({
        status: 403,
        body: { error: 'FORBIDDEN', errorMessage: 'Only connection A, please.' },
      });
    });

    it.each<[string, NestHostParts]>([
      ['useGlobalFilters', { prepare: (app) => app.useGlobalFilters(new HostFilter()) }],
      ['APP_FILTER', { providers: [{ provide: APP_FILTER, useClass: HostFilter }] }],
    ])('a global filter of the host does not answer instead of the envelope: %s', async (_, parts) => {
      const partner = partnerOf(await start(parts));
      const answers = [
        await partner.post('/webhooks', {}),
        await partner.send('POST', '/webhooks', '{'),
        await partner.send('PUT', '/webhooks'),
        await partner.post('/webhooks', { ...A_WEBHOOK, padding: 'x'.repeat(200_000) }),
      ];
      for (const answer of answers) expect(answer).toMatchObject({ status: 400, body: { error: 'BAD_REQUEST' } });
    });
  },
  ['PGlite'],
);
