import type { INestApplication } from '@nestjs/common';
import type {
  OctoConnection,
  Webhook,
  WebhookEmitter,
  WebhookSettings,
  WebhooksModuleOptions,
  WebhooksService,
} from 'nestjs-octo-webhooks';
import type { DataSource } from 'typeorm';
import type { DatabaseKind } from './database-servers.js';
import { useTestDatabase, type UsedDatabase } from './each-database.js';
import { useResource, type Span } from './resources.js';
import { startTestHost, TestWebhooksHost, type HostParts, type RunningHost } from './test-host.js';

/** How a host is started, and how long it lives. */
export interface UsedHostParts extends HostParts {
  /** Default: as long as the group of tests. */
  readonly per?: Span;
}

/** The hosts that tests run on one database. Its getters are those of the host that was started first. */
export class TestHost implements RunningHost {
  private running: RunningHost[] = [];

  constructor(
    private readonly database: UsedDatabase,
    private readonly options: WebhooksModuleOptions,
    private readonly parts: HostParts,
  ) {}

  get app(): INestApplication {
    return this.first.app;
  }

  get dataSource(): DataSource {
    return this.first.dataSource;
  }

  get emitter(): WebhookEmitter {
    return this.first.emitter;
  }

  get webhooks(): WebhooksService {
    return this.first.webhooks;
  }

  subscribe(settings: Partial<WebhookSettings> & { url: string }, connection?: OctoConnection): Promise<Webhook> {
    return this.first.subscribe(settings, connection);
  }

  /** Starts one more host, as another process of the platform. Options that are left out are those of the other hosts. */
  async start(options: WebhooksModuleOptions = {}, parts: HostParts = {}): Promise<RunningHost> {
    const allOptions = { ...this.options, ...options };
    const started = await startTestHost(this.database.url, allOptions, TestWebhooksHost, { ...this.parts, ...parts });
    const host: RunningHost = {
      ...started,
      close: async () => {
        this.running = this.running.filter((one) => one !== host);
        await started.close();
      },
    };
    this.running.push(host);
    return host;
  }

  /** Stops all hosts and starts one, which may have other options. */
  async restart(options?: WebhooksModuleOptions, parts?: HostParts): Promise<RunningHost> {
    await this.close();
    return this.start(options, parts);
  }

  async close(): Promise<void> {
    for (const host of this.running.toReversed()) await host.close();
  }

  private get first(): RunningHost {
    const [first] = this.running;
    if (first === undefined) throw new Error('No host has been started.');
    return first;
  }
}

/**
 * Starts a host before the tests, and closes it after them.
 *
 * @param on a database of the group's own, or the kind of one, which then lives as long as the host
 */
export function useTestHost(
  on: DatabaseKind | UsedDatabase,
  options: WebhooksModuleOptions = {},
  { per = 'group', ...parts }: UsedHostParts = {},
): TestHost {
  const host = new TestHost(typeof on === 'string' ? useTestDatabase(on, per) : on, options, parts);
  useResource(per, async () => {
    await host.start();
    return () => host.close();
  });
  return host;
}

/**
 * For tests that start their hosts themselves. These are closed at the end of each test.
 *
 * @param on a database of the group's own, or the kind of one, which is then made anew for each test
 */
export function useTestHosts(
  on: DatabaseKind | UsedDatabase,
  options: WebhooksModuleOptions = {},
  parts: HostParts = {},
): TestHost {
  const hosts = new TestHost(typeof on === 'string' ? useTestDatabase(on, 'test') : on, options, parts);
  useResource('test', () => Promise.resolve(() => hosts.close()));
  return hosts;
}
