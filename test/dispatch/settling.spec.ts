import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from '@jest/globals';
import { WebhookDelivery } from 'nestjs-octo-webhooks';
import { describeOnServers } from '../support/each-database.js';
import { everythingSent } from '../support/outbox-state.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';

const CONCURRENCY = 2;
/** How many deliveries may have been sent and wait to be settled. */
const MOST_UNSETTLED = 16 * CONCURRENCY;

describeOnServers('Settling', (kind) => {
  const host = useTestHost(kind, { dispatch: { concurrency: CONCURRENCY } }, { per: 'test' });
  const receiver = useReceiver();

  it('when settling falls behind, sending waits, so that a crash repeats a bounded number of requests', async () => {
    await host.subscribe({ url: receiver.url() });
    const other = host.dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query(
      kind === 'PostgreSQL' ? 'LOCK TABLE octo_webhook_attempt' : 'LOCK TABLES octo_webhook_attempt WRITE',
    );
    const uuids = Array.from({ length: 3 * MOST_UNSETTLED }, (_, index) => `b-${index}`);
    await host.emitter.emitAll(uuids.map((uuid) => bookingChange(uuid, null, 'CONFIRMED')));
    await receiver.received(MOST_UNSETTLED);
    // Waits, so that more requests would be seen.
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
