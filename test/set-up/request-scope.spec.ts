import { describe, expect, it } from '@jest/globals';
import { Inject, Injectable, Module, Scope } from '@nestjs/common';
import { InvalidWebhooksOptionError, WebhooksClock, type WebhooksModuleExtras } from 'nestjs-octo-webhooks';
import { startTestHost, TestWebhooksHost } from '../support/test-host.js';

@Injectable({ scope: Scope.REQUEST })
class PerRequest {}

@Module({ providers: [PerRequest], exports: [PerRequest] })
class PerRequestModule {}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedHost extends TestWebhooksHost {}

@Injectable()
class DependentHost extends TestWebhooksHost {
  constructor(@Inject(PerRequest) readonly perRequest: PerRequest) {
    super();
  }
}

@Injectable({ scope: Scope.REQUEST })
class RequestScopedClock extends WebhooksClock {
  now(): number {
    return Date.now();
  }
}

describe('A part that exists only inside requests is refused at start, by its name', () => {
  it.each<[what: string, part: string, extras: Partial<WebhooksModuleExtras>]>([
    ['a request-scoped host class', 'host', { host: RequestScopedHost }],
    ['a host that depends on such a provider', 'host', { host: DependentHost, imports: [PerRequestModule] }],
    [
      'a host from a factory that depends on one',
      'host',
      { host: { useFactory: () => new TestWebhooksHost(), inject: [PerRequest] }, imports: [PerRequestModule] },
    ],
    ['a request-scoped clock', 'clock', { clock: RequestScopedClock }],
  ])('%s', async (_what, part, extras) => {
    const starting = startTestHost('pglite:memory', {}, TestWebhooksHost, { extras });
    await expect(starting).rejects.toThrow(InvalidWebhooksOptionError);
    await expect(starting).rejects.toMatchObject({ option: part, message: expect.stringContaining('request-scoped') });
  });
});
