import { beforeAll, expect, it } from '@jest/globals';
import {
  Controller,
  Get,
  HttpCode,
  Inject,
  Injectable,
  Param,
  Post,
  Scope,
  UseGuards,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { EmitWebhook, WebhookEvent, type EmitCall, type JsonObject } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../../support/each-database.js';
import { useTestHost, type TestHost } from '../../support/use-test-host.js';

const BOOKING = {
  event: 'booking_update',
  supplierId: 'supplier-1',
  connectionIds: ['connection-a'],
  resourceId: ({ args: [uuid] }: EmitCall<JsonObject, [uuid: string]>) => uuid,
} as const;

interface IncomingRequest {
  readonly headers: Readonly<Record<string, string | undefined>>;
}

class PartnersOnly implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    return context.switchToHttp().getRequest<IncomingRequest>().headers['x-partner'] !== undefined;
  }
}

@Injectable({ scope: Scope.REQUEST })
class PartnerBookings {
  constructor(@Inject(REQUEST) private readonly request: IncomingRequest) {}

  @EmitWebhook(BOOKING)
  async confirm(uuid: string): Promise<JsonObject> {
    return { uuid, by: this.request.headers['x-partner'] ?? null };
  }
}

@Controller('bookings')
class BookingsController {
  @Post(':uuid/cancel')
  @EmitWebhook(BOOKING)
  @HttpCode(202)
  @UseGuards(PartnersOnly)
  async cancel(@Param('uuid') uuid: string): Promise<JsonObject> {
    return { uuid, status: 'CANCELLED' };
  }

  @EmitWebhook(BOOKING)
  @Get(':uuid/touch')
  async touch(@Param('uuid') uuid: string): Promise<JsonObject> {
    return { uuid };
  }
}

@Controller('partner')
class PartnerController {
  constructor(private readonly bookings: PartnerBookings) {}

  @Post(':uuid/confirm')
  confirm(@Param('uuid') uuid: string): Promise<JsonObject> {
    return this.bookings.confirm(uuid);
  }
}

const PARTS = { controllers: [BookingsController, PartnerController], providers: [PartnerBookings] };

describeOnServers('Requests to a host with @EmitWebhook()', (kind) => {
  const options = { dispatch: { enabled: false } };
  const hosts = [useTestHost(kind, options, PARTS), useTestHost(kind, options, PARTS)] as const;
  beforeAll(async () => {
    for (const { app } of hosts) await app.listen(0, '127.0.0.1');
  });

  const send = async ({ app }: TestHost, method: string, path: string, headers = {}): Promise<Response> =>
    fetch(`${await app.getUrl()}${path}`, { method, headers });
  const emitted = async ({ dataSource }: TestHost, resourceId: string): Promise<JsonObject[]> => {
    const events = await dataSource.manager.find(WebhookEvent, { where: { resourceId }, order: { sequence: 'ASC' } });
    return events.map(({ after }) => after);
  };

  it('requests are routed, guarded and answered as without the decorator, whichever decorator is above', async () => {
    const [host] = hosts;
    const response = await send(host, 'POST', '/bookings/b-1/cancel', { 'x-partner': 'tours' });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ uuid: 'b-1', status: 'CANCELLED' });
    expect((await send(host, 'GET', '/bookings/b-1/touch')).status).toBe(200);
    expect(await emitted(host, 'b-1')).toEqual([{ uuid: 'b-1', status: 'CANCELLED' }, { uuid: 'b-1' }]);
  });

  it('a request that a guard refuses emits nothing', async () => {
    const [host] = hosts;
    expect((await send(host, 'POST', '/bookings/b-2/cancel')).status).toBe(403);
    expect(await emitted(host, 'b-2')).toEqual([]);
  });

  it('each request emits from its own request-scoped provider', async () => {
    const [host] = hosts;
    const partners = ['tours', 'trips', 'walks'];
    const responses = await Promise.all(
      partners.map((partner) => send(host, 'POST', `/partner/b-3-${partner}/confirm`, { 'x-partner': partner })),
    );
    expect(responses.map(({ status }) => status)).toEqual([201, 201, 201]);
    for (const by of partners) expect(await emitted(host, `b-3-${by}`)).toEqual([{ uuid: `b-3-${by}`, by }]);
  });

  it('when two applications run in one process, each emits into its own database', async () => {
    const [one, other] = hosts;
    await Promise.all([send(one, 'GET', '/bookings/b-4/touch'), send(other, 'GET', '/bookings/b-5/touch')]);
    const both = await Promise.all(
      [one, other].map((host) => Promise.all([emitted(host, 'b-4'), emitted(host, 'b-5')])),
    );
    expect(both).toEqual([
      [[{ uuid: 'b-4' }], []],
      [[], [{ uuid: 'b-5' }]],
    ]);
  });
});
