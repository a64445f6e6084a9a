import {
  Module,
  type Abstract,
  type INestApplication,
  type LoggerService,
  type ModuleMetadata,
  type Type,
} from '@nestjs/common';
import { ScheduleModule } from '@nestjs/schedule';
import { Test, type TestingModuleBuilder } from '@nestjs/testing';
import { TypeOrmModule } from '@nestjs/typeorm';
import {
  WebhookEmitter,
  webhookEntities,
  WebhooksHost,
  WebhooksModule,
  WebhooksService,
  WEBHOOK_MIGRATIONS,
  type BookingChange,
  type JsonObject,
  type OctoConnection,
  type TriggerMatch,
  type TriggerQuery,
  type Webhook,
  type ResourceSnapshot,
  type WebhookSettings,
  type WebhooksModuleExtras,
  type WebhooksModuleOptions,
  type WebhookView,
} from 'nestjs-octo-webhooks';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { startDatabase } from '../../apps/booking-platform/src/database/running-database.js';
import { LOCAL_REQUESTS } from './local-requests.js';

const CAPABILITIES = ['octo/pricing', 'octo/content', 'octo/cart'];

/** Three partners: two of one supplier, one of another. Their keys are `key-a`, `key-b` and `key-z`. */
export const CONNECTIONS = {
  a: { id: 'connection-a', supplierId: 'supplier-1', capabilities: CAPABILITIES },
  b: { id: 'connection-b', supplierId: 'supplier-1', capabilities: CAPABILITIES },
  z: { id: 'connection-z', supplierId: 'supplier-2', capabilities: CAPABILITIES },
} as const satisfies Record<string, OctoConnection>;

/** The smallest possible host: it serves states as they are, and prices only with `octo/pricing`. */
export class TestWebhooksHost extends WebhooksHost {
  connectionOf(authorization: string): Promise<OctoConnection | null> {
    const entry = Object.entries(CONNECTIONS).find(([letter]) => authorization === `Bearer key-${letter}`);
    return Promise.resolve(entry?.[1] ?? null);
  }

  supplier(supplierId: string): Promise<JsonObject> {
    return Promise.resolve({ id: supplierId, name: `Supplier ${supplierId}` });
  }

  serialize({ state }: ResourceSnapshot, { capabilities }: WebhookView): Promise<JsonObject> {
    const { pricing, ...rest } = state;
    return Promise.resolve(
      pricing !== undefined && capabilities.includes('octo/pricing') ? { ...rest, pricing } : rest,
    );
  }

  findForTrigger(_query: TriggerQuery): Promise<readonly TriggerMatch[]> {
    return Promise.resolve([]);
  }
}

/** Delivers to local receivers, quickly, and retries at once. */
export const TEST_OPTIONS: WebhooksModuleOptions = {
  dispatch: { pollMs: 50 },
  retry: { delaysMs: [50, 50, 50], jitter: 0 },
  request: LOCAL_REQUESTS,
};

/** A running Nest application with nothing but the library in it. */
export interface RunningHost {
  readonly app: INestApplication;
  readonly dataSource: DataSource;
  readonly emitter: WebhookEmitter;
  readonly webhooks: WebhooksService;
  /** Subscribes connection A to `booking_update`, or as told. */
  subscribe(settings: Partial<WebhookSettings> & { url: string }, connection?: OctoConnection): Promise<Webhook>;
  close(): Promise<void>;
}

/** A provider of the library, and the class that a test puts in its place. */
export type Override = readonly [provider: Type | Abstract<unknown>, replacement: Type];

/** The parts of an application that a test adds or replaces. */
export interface HostParts extends Pick<ModuleMetadata, 'imports' | 'controllers' | 'providers'> {
  /** Entities whose tables are made besides the library's. */
  readonly entities?: Type[];
  readonly extras?: Partial<WebhooksModuleExtras>;
  readonly overrides?: readonly Override[];
  /** What the host's data source has besides; the tables are made without it. */
  readonly dataSourceOptions?: (options: DataSourceOptions) => DataSourceOptions;
  /** Default: only fatal errors are written. */
  readonly logger?: LoggerService;
  /** Sees the data source before the application has it, as `dataSourceFactory` does. */
  readonly onDataSource?: (dataSource: DataSource) => void;
}

/** Starts an application on a database, with the library's own migrations. */
export async function startTestHost(
  databaseUrl: string,
  options: WebhooksModuleOptions = {},
  host: Type<WebhooksHost> = TestWebhooksHost,
  {
    entities = [],
    extras,
    onDataSource,
    overrides = [],
    dataSourceOptions: changed = (same) => same,
    logger,
    ...parts
  }: HostParts = {},
): Promise<RunningHost> {
  const database = await startDatabase(databaseUrl, (type) => ({
    entities: webhookEntities(type),
    migrations: WEBHOOK_MIGRATIONS,
  }));
  // The server's own isolation level, as in a host that names none. On MySQL it is the one that locks most.
  const { isolationLevel: _, ...dataSourceOptions } = database.dataSource.options;
  await database.dataSource.destroy();
  await createTables(dataSourceOptions, entities);
  let opened: DataSource | null = null;

  @Module({
    imports: [
      TypeOrmModule.forRootAsync({
        useFactory: () => ({ ...dataSourceOptions, retryAttempts: 0 }),
        dataSourceFactory: async () => {
          const all = { ...dataSourceOptions, entities: [...(dataSourceOptions.entities as []), ...entities] };
          opened = new DataSource(changed(all));
          onDataSource?.(opened);
          return opened.initialize();
        },
      }),
      ScheduleModule.forRoot(),
      WebhooksModule.forRoot({ ...TEST_OPTIONS, ...options, isGlobal: true, host, ...extras }),
      ...(parts.imports ?? []),
    ],
    controllers: parts.controllers ?? [],
    providers: parts.providers ?? [],
  })
  class TestApplication {}

  const builder = Test.createTestingModule({ imports: [TestApplication] });
  for (const [provider, replacement] of overrides) builder.overrideProvider(provider).useClass(replacement);
  const app = await startOrLetGo(builder, logger, async () => {
    if (opened?.isInitialized === true) await opened.destroy();
    await database.stop();
  });
  const webhooks = app.get(WebhooksService);
  return {
    app,
    dataSource: app.get(DataSource),
    emitter: app.get(WebhookEmitter),
    webhooks,
    subscribe: (settings, connection = CONNECTIONS.a) =>
      webhooks.create(connection, { event: 'booking_update', ...settings }, ['octo/pricing']),
    close: async () => {
      await app.close();
      await database.stop();
    },
  };
}

/** An application that does not start closes nothing, so this does it. */
async function startOrLetGo(
  builder: TestingModuleBuilder,
  logger: LoggerService | undefined,
  letGo: () => Promise<void>,
): Promise<INestApplication> {
  try {
    const testing = await builder.compile();
    const app = testing.createNestApplication({ logger: logger ?? ['fatal'] });
    return await app.init();
  } catch (error) {
    await letGo();
    throw error;
  }
}

/** Makes the tables of a test's own entities; a data source that knows only these leaves the library's alone. */
async function createTables(options: DataSourceOptions, entities: NonNullable<HostParts['entities']>): Promise<void> {
  if (entities.length === 0) return;
  const dataSource = await new DataSource({ ...options, entities, migrations: [], synchronize: true }).initialize();
  await dataSource.destroy();
}

/** A change of a booking of connection A. */
export function bookingChange(uuid: string, before: string | null, after: string): BookingChange {
  return {
    event: 'booking_update',
    supplierId: 'supplier-1',
    connectionIds: ['connection-a'],
    resourceId: uuid,
    before: before === null ? null : { uuid, status: before },
    after: { uuid, status: after },
  };
}
