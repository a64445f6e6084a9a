import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery } from 'nestjs-octo-webhooks';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { everythingSent } from '../support/outbox-state.js';
import { Receiver } from '../support/receiver.js';
import { bookingChange, startTestHost, type RunningHost } from '../support/test-host.js';

const CONCURRENCY = 2;
/** What may have been sent and wait for being settled, all in all. */
const MOST_UNSETTLED = 16 * CONCURRENCY;

describeOnServers('Settling', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let receiver: Receiver;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    receiver = await Receiver.listen();
    host = await startTestHost(database.url, { dispatch: { concurrency: CONCURRENCY } });
  });
  afterEach(async () => {
    await receiver.close();
    await host.close();
    await database.drop();
  });

  it('that falls behind makes sending wait, so that a crash would not send more and more again', async () => {
    await host.subscribe({ url: receiver.url() });
    const other = host.dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query(
      kind === 'PostgreSQL' ? 'LOCK TABLE octo_webhook_attempt' : 'LOCK TABLES octo_webhook_attempt WRITE',
    );
    const uuids = Array.from({ length: 3 * MOST_UNSETTLED }, (_, index) => `b-${index}`);
    await host.emitter.emitAll(uuids.map((uuid) => bookingChange(uuid, null, 'CONFIRMED')));
    await receiver.received(MOST_UNSETTLED);
    await sleep(500);
    const sent = receiver.requests.length;
    if (kind !== 'PostgreSQL') await other.query('UNLOCK TABLES');
    await other.commitTransaction();
    await other.release();
    expect(sent).toBe(MOST_UNSETTLED);
    await receiver.received(uuids.length);
    await everythingSent(host.dataSource.manager);
    expect(await host.dataSource.manager.countBy(WebhookDelivery, { status: 'delivered' })).toBe(uuids.length);
    expect(receiver.requests).toHaveLength(uuids.length);
  });
});
