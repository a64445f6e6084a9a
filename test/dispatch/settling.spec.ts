import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookTransport, type WebhookResponse } from 'nestjs-octo-webhooks';
import { Dispatcher } from '../../libs/webhooks/src/dispatch/dispatcher.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { describeOnServers } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHost } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const CONCURRENCY = 2;
/** How many deliveries may have been sent and wait to be settled. */
const MOST_UNSETTLED = 16 * CONCURRENCY;

describeOnServers('Settling', (kind) => {
  let sent: number;
  /** A receiver that answers at once. */
  class CountingTransport extends WebhookTransport {
    async post(): Promise<WebhookResponse> {
      sent += 1;
      return { status: 200, headers: {}, body: '' };
    }
  }
  const extras = { transport: CountingTransport };
  // Nothing runs automatically: the test runs the rounds of the dispatcher.
  const host = useTestHost(kind, { dispatch: { enabled: false, concurrency: CONCURRENCY } }, { per: 'test', extras });
  beforeEach(() => {
    sent = 0;
  });

  const round = async (): Promise<void> => {
    host.app.get(Dispatcher).lookAround();
    await host.app.get(Dispatcher).run();
  };

  it('when settling falls behind, sending waits, so that a crash repeats a bounded number of requests', async () => {
    await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
    const uuids = Array.from({ length: 3 * MOST_UNSETTLED }, (_, index) => `b-${index}`);
    await host.emitter.emitAll(uuids.map((uuid) => bookingChange(uuid, null, 'CONFIRMED')));
    await fanOutAll(host.app.get(FanOut));
    const other = host.dataSource.createQueryRunner();
    await other.startTransaction();
    await other.query(
      kind === 'PostgreSQL' ? 'LOCK TABLE octo_webhook_attempt' : 'LOCK TABLES octo_webhook_attempt WRITE',
    );
    await waitUntil('as many requests as may be unsettled', async () => {
      await round();
      return sent >= MOST_UNSETTLED;
    });
    // Without a bound, each of these rounds would send as many again as are allowed at once.
    for (let rounds = 0; rounds < 10; rounds += 1) await round();
    const sentMeanwhile = sent;
    if (kind !== 'PostgreSQL') await other.query('UNLOCK TABLES');
    await other.commitTransaction();
    await other.release();
    expect(sentMeanwhile).toBe(MOST_UNSETTLED);

    const deliveries = host.dataSource.getRepository(WebhookDelivery);
    await waitUntil('all to be settled', async () => {
      await round();
      return (await deliveries.countBy({ status: 'delivered' })) === uuids.length;
    });
    expect(sent).toBe(uuids.length);
  });
});
