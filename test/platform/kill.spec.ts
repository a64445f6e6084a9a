import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import { startChild } from '../support/child-process.js';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';
import { OctoClient } from '../support/octo-client.js';
import { PLATFORM_ENVIRONMENT, reserve, startPlatform } from '../support/platform.js';
import { useReceiver } from '../support/receiver.js';
import { useResource } from '../support/resources.js';

describeOnDatabases('A process that is killed right after a commit', (kind) => {
  const database = useTestDatabase(kind, 'test');
  const receiver = useReceiver();
  let directory: string;
  useResource('test', async () => {
    directory = await mkdtemp(join(tmpdir(), 'octo-test-'));
    return () => rm(directory, { recursive: true });
  });

  it('loses nothing: after a restart, the change is delivered once', async () => {
    const databaseUrl = kind === 'PGlite' ? `pglite:${directory}/data` : database.url;
    const child = await startChild('kill-after-commit.js', { ...PLATFORM_ENVIRONMENT, DATABASE_URL: databaseUrl });
    const reseller = new OctoClient(`${child.url}/octo`, 'key-reseller-a', 'octo/webhooks');
    await reseller.post('/webhooks', { event: 'booking_update', url: receiver.url() });
    const uuid = randomUUID();

    const reserving = reserve(reseller.with('octo/webhooks', { 'x-kill-after-commit': 'yes' }), { uuid });
    await expect(reserving).rejects.toThrow('fetch failed');
    expect(await child.ended()).toBe('SIGKILL');
    expect(receiver.requests).toHaveLength(0);

    const restarted = await startPlatform(databaseUrl);
    const [request] = await receiver.received(1);
    expect(request?.body).toMatchObject({ event: 'booking_update', booking: { uuid, status: 'ON_HOLD' } });
    await restarted.close();
    expect(receiver.requests).toHaveLength(1);
  });
});
