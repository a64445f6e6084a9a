import { DataSource } from 'typeorm';
import { createPlatform } from '../../apps/booking-platform/src/platform.js';
import { readSettings } from '../../apps/booking-platform/src/settings.js';
import type { DatabaseKind } from './database-servers.js';
import { useTestDatabase } from './each-database.js';
import { OctoClient } from './octo-client.js';
import { checkAnswer } from './octo-objects/answers.js';
import { useResource } from './resources.js';

/** The example platform, listening. */
export interface RunningPlatform {
  readonly url: string;
  readonly dataSource: DataSource;
  /** A client with a seeded key that may use webhooks and prices. It refuses answers that OCTO's types do not allow. */
  client(key: string | null): OctoClient;
  /** The first supplier's own client, for changes that partners cannot make. */
  readonly backoffice: OctoClient;
  close(): Promise<void>;
}

/** How the tests run the platform: any port, local receivers, quick retries. */
export const PLATFORM_ENVIRONMENT = {
  PORT: '0',
  WEBHOOKS_ALLOW_PRIVATE: 'true',
  WEBHOOKS_ALLOW_HTTP: 'true',
  WEBHOOKS_RETRY_SCHEDULE: '100ms,100ms,100ms',
  WEBHOOKS_POLL_MS: '100',
} as const;

/** Starts the example platform in this process. */
export async function startPlatform(
  databaseUrl: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<RunningPlatform> {
  const platform = await createPlatform(
    readSettings({ ...PLATFORM_ENVIRONMENT, ...environment, DATABASE_URL: databaseUrl }),
    {
      logger: ['fatal'],
    },
  );
  const url = await platform.listen();
  return {
    url,
    dataSource: platform.app.get(DataSource),
    ...clientsOf(() => url),
    close: () => platform.close(),
  };
}

/** Starts the example platform before the tests of a group, and closes it after them. Its clients may be made earlier. */
export function usePlatform(
  kind: DatabaseKind,
  environment: Readonly<Record<string, string>> = {},
): Omit<RunningPlatform, 'close'> {
  const database = useTestDatabase(kind);
  let running: RunningPlatform | null = null;
  const started = (): RunningPlatform => {
    if (running === null) throw new Error('The platform is started before the first test, and not earlier.');
    return running;
  };
  useResource('group', async () => {
    const platform = await startPlatform(database.url, environment);
    running = platform;
    return () => platform.close();
  });
  return {
    get url() {
      return started().url;
    },
    get dataSource() {
      return started().dataSource;
    },
    ...clientsOf(() => started().url),
  };
}

function clientsOf(url: () => string): Pick<RunningPlatform, 'client' | 'backoffice'> {
  return {
    backoffice: new OctoClient(() => `${url()}/backoffice`, 'key-supplier-1', null),
    client: (key) => new OctoClient(() => `${url()}/octo`, key, 'octo/webhooks, octo/pricing', {}, checkAnswer),
  };
}

/** Seeded: supplier 1's walk, with starts at 09:00 and 13:00. */
export const HARBOUR_WALK = {
  productId: 'e7cc8bb4-8d1c-4848-8824-5dbedb718681',
  optionId: '94cdd032-3d32-416d-b0a4-abf8b7495b8b',
} as const;

const A_MONTH_MS = 30 * 24 * 3_600_000;

/** Holds a place for one adult, in a month. Returns the booking's uuid. */
export async function reserve(client: OctoClient, details: object = {}): Promise<string> {
  const localDate = new Date(Date.now() + A_MONTH_MS).toISOString().slice(0, 10);
  const { body: slots } = await client.post<{ id: string }[]>('/availability', { ...HARBOUR_WALK, localDate });
  const { body } = await client.post<{ uuid: string }>('/bookings', {
    ...HARBOUR_WALK,
    availabilityId: slots[0]?.id,
    unitItems: [{ unitId: 'unit_adult' }],
    ...details,
  });
  return body.uuid;
}
