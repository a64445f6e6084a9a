// The compiler must refuse each of these settings. If it accepts one, "tsc --noEmit" reports an unused directive.
import { ConfigModule, ConfigService } from './your-config.js';
import { WebhooksClock, WebhooksModule, WebhookTransport, type WebhooksModuleOptions } from 'nestjs-octo-webhooks';
import { clsTransactions } from 'nestjs-octo-webhooks/cls';
import { typeormTransactional } from 'nestjs-octo-webhooks/typeorm-transactional';
import { TestWebhooksHost } from '../support/test-host.js';

const host = TestWebhooksHost;

class FixedClock extends WebhooksClock {
  constructor(private readonly time: number) {
    super();
  }

  now(): number {
    return this.time;
  }
}

class MachineClock extends WebhooksClock {
  now(): number {
    return Date.now();
  }
}

class NoClock {
  readonly time = 0;
}

export const fitting = [
  WebhooksModule.forRoot({ host, clock: MachineClock }),
  WebhooksModule.forRoot({ host, clock: { useExisting: MachineClock } }),
  WebhooksModule.forRoot({ host, clock: { useValue: new FixedClock(0) } }),
  WebhooksModule.forRoot({ host, clock: { useFactory: () => new FixedClock(0) } }),
  WebhooksModule.forRoot({
    host: { useFactory: async () => new TestWebhooksHost() },
    imports: [ConfigModule],
    clock: { inject: [ConfigService], useFactory: (config: ConfigService) => new FixedClock(config.time) },
  }),
  WebhooksModule.forRoot({ host, transactions: clsTransactions() }),
  WebhooksModule.forRoot({ host, transactions: typeormTransactional() }),
  WebhooksModule.forRootAsync({
    host,
    clock: MachineClock,
    imports: [ConfigModule],
    inject: [ConfigService],
    useFactory: (config: ConfigService): WebhooksModuleOptions => ({ dispatch: { pollMs: config.time } }),
  }),
];

export const misuse = [
  // @ts-expect-error -- no host
  WebhooksModule.forRoot({}),
  // @ts-expect-error -- a host of a wrong class
  WebhooksModule.forRoot({ host: MachineClock }),
  // @ts-expect-error -- a class that is no clock
  WebhooksModule.forRoot({ host, clock: NoClock }),
  // @ts-expect-error -- a value that is no clock
  WebhooksModule.forRoot({ host, clock: { useValue: new NoClock() } }),
  // @ts-expect-error -- a factory of no clock
  WebhooksModule.forRoot({ host, clock: { useFactory: () => new NoClock() } }),
  // @ts-expect-error -- a clock that Nest cannot make, because nothing provides its time
  WebhooksModule.forRoot({ host, clock: new FixedClock(0) }),
  // @ts-expect-error -- a clock is no transport
  WebhooksModule.forRoot({ host, transport: MachineClock }),
  // @ts-expect-error -- an abstract class
  WebhooksModule.forRoot({ host, transport: WebhookTransport }),
  // @ts-expect-error -- an unknown extra
  WebhooksModule.forRoot({ host, transprot: MachineClock }),
  // @ts-expect-error -- an unknown extra beside a factory
  WebhooksModule.forRootAsync({ host, transprot: MachineClock, useFactory: () => ({}) }),
  // @ts-expect-error -- an unknown group of options
  WebhooksModule.forRoot({ host, retries: {} }),
  // @ts-expect-error -- an unknown option
  WebhooksModule.forRoot({ host, dispatch: { polMs: 100 } }),
  // @ts-expect-error -- a value of the wrong type
  WebhooksModule.forRoot({ host, dispatch: { pollMs: '100' } }),
  // @ts-expect-error -- a value of the wrong type, from a factory
  WebhooksModule.forRootAsync({ host, useFactory: () => ({ dispatch: { pollMs: '100' } }) }),
  // @ts-expect-error -- a class without createWebhooksOptions
  WebhooksModule.forRootAsync({ host, useClass: NoClock }),
];
