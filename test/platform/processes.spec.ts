import { randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { NO_LEASE } from '../../libs/webhooks/src/database/ids.js';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import { SERVER_KINDS } from '../support/database-servers.js';
import { OctoClient } from '../support/octo-client.js';
import { startPlatformProcess, type PlatformProcess } from '../support/platform-process.js';
import { PLATFORM_ENVIRONMENT, reserve, startPlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';
import { waitUntil } from '../support/wait-until.js';

const processes: PlatformProcess[] = [];
afterEach(async () => {
  for (const one of processes.splice(0)) await one.kill();
});

function start(entry: 'main' | 'worker', environment: Readonly<Record<string, string>>): PlatformProcess {
  const started = startPlatformProcess(entry, { ...PLATFORM_ENVIRONMENT, ...environment });
  processes.push(started);
  return started;
}

describeOnDatabases(
  'One process for the API and one for deliveries',
  (kind) => {
    const database = useTestDatabase(kind, 'test');
    const receiver = useReceiver();

    it('the API accepts a booking and sends nothing to its end, the worker delivers it, and both end on SIGTERM with code 0', async () => {
      const environment = {
        DATABASE_URL: database.url,
        // The worker delivers nevertheless: both may have the same environment.
        WEBHOOKS_DISPATCH: 'false',
        WEBHOOKS_ENCRYPTION_KEYS: `k1:${randomBytes(32).toString('base64')}`,
      };
      const api = start('main', environment);
      const url = await api.says(/listens at (http\S+)/);
      const reseller = new OctoClient(`${url}/octo`, 'key-reseller-a', 'octo/webhooks');
      await reseller.post('/webhooks', { event: 'booking_update', url: receiver.url() });
      const uuid = await reserve(reseller);

      // A process that delivers begins right after the commit, and ends only when what it has begun is done.
      await api.terminate();
      expect([await api.ended(), api.output()]).toEqual([0, expect.not.stringContaining('stops:')]);
      // A second API process, in this one, reads the tables: nothing has been claimed.
      const observer = await startPlatform(database.url, environment);
      const events = await observer.dataSource.getRepository(WebhookEvent).find();
      expect(events.map(({ type, status }) => `${type} ${status}`)).toContain('booking_update pending');
      expect(events.filter(({ status, leaseToken }) => status !== 'pending' || leaseToken !== NO_LEASE)).toEqual([]);
      expect(receiver.requests).toHaveLength(0);
      const [webhook] = await observer.dataSource.query<{ url: string }[]>('SELECT url FROM octo_webhook');
      expect(webhook?.url).toMatch(/^enc:v1:k1:/);
      await observer.close();

      const worker = start('worker', environment);
      await worker.says(/The worker delivers from (\S+)/);
      const [request] = await receiver.received(1);
      expect(request?.body).toMatchObject({ event: 'booking_update', booking: { uuid, status: 'ON_HOLD' } });
      expect(worker.output()).not.toMatch(/RouterExplorer|RoutesResolver|listens at/);
      for (const one of [api, worker]) expect(one.output()).not.toContain('stored readable');

      await worker.terminate();
      expect([await worker.ended(), worker.output()]).toEqual([0, expect.not.stringContaining('stops:')]);
      expect(receiver.requests).toHaveLength(1);
    });

    it('a worker that is told to stop lets the request under way end and settles it', async () => {
      receiver.hold();
      const environment = { DATABASE_URL: database.url, WEBHOOKS_DISPATCH: 'false' };
      const platform = await startPlatform(database.url, environment);
      const reseller = platform.client('key-reseller-a');
      await reseller.post('/webhooks', { event: 'booking_update', url: receiver.url() });
      await reserve(reseller);

      const worker = start('worker', environment);
      await waitUntil('the request', () => receiver.holding === 1, worker.output);
      const terminated = worker.terminate();
      await worker.says(/^SIGTERM/m);
      receiver.release();
      await terminated;
      expect(await worker.ended()).toBe(0);
      expect(worker.output()).toMatch(/WARN.*signing secrets of webhooks are stored readable/);
      expect(await platform.dataSource.getRepository(WebhookDelivery).find()).toMatchObject([
        { status: 'delivered', attempts: 1 },
      ]);
      await platform.close();
    });
  },
  SERVER_KINDS,
);

describe('An entry point that cannot start', () => {
  it.each(['pglite:memory', 'pglite:.data', undefined])(
    'says in one line that a worker cannot use the embedded database, and ends with code 1: %s',
    async (url) => {
      const worker = start('worker', url === undefined ? {} : { DATABASE_URL: url });
      expect(await worker.ended()).toBe(1);
      expect(worker.output()).toBe(
        `The booking platform stops: DATABASE_URL is "${url ?? 'pglite:.data'}", but must be the URL of a database ` +
          'server (mysql://, mariadb:// or postgres://) for a worker: the embedded database belongs to one process, ' +
          'which serves the API and delivers.\n',
      );
    },
  );

  it('says in one line that keys are malformed, shows nothing of them, and ends with code 1', async () => {
    const key = randomBytes(31).toString('base64');
    const platform = start('main', { WEBHOOKS_ENCRYPTION_KEYS: `k1:${key}`, DATABASE_URL: 'pglite:memory' });
    expect(await platform.ended()).toBe(1);
    expect(platform.output()).toMatch(
      /^The booking platform stops: WEBHOOKS_ENCRYPTION_KEYS cannot be used: .*31 bytes/,
    );
    expect(platform.output()).not.toContain(key);
  });
});
