import { expect, it } from '@jest/globals';
import { WebhookDelivery } from 'nestjs-octo-webhooks';
import { SERVER_KINDS } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { useReceiver } from '../support/receiver.js';
import { bookingChange } from '../support/test-host.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

const BOOKINGS = 6;
const CHANGES = 25;
/** So many delays that no delivery is given up, however many failing answers it gets. */
const OPTIONS = { retry: { delaysMs: Array<number>(30).fill(20), jitter: 0 } };

describeOnDatabases(
  'Several dispatchers on one database',
  (kind) => {
    const receiver = useReceiver();
    const processes = useTestHosts(kind, OPTIONS);

    it('each change is delivered once, and those of one booking in the order in which they were made', async () => {
      // One after the other: only the first finds an empty database to migrate.
      const hosts = [await processes.start(), await processes.start()];
      await processes.subscribe({ url: receiver.url() });
      // Some fail, so that retries and newly fanned out changes meet in the same lanes.
      receiver.answerNext(...Array.from({ length: 60 }, (_, index) => (index % 4 === 0 ? 500 : 200)));
      const change = async (booking: number): Promise<void> => {
        for (let version = 0; version < CHANGES; version += 1) {
          const host = hosts[version % hosts.length];
          await host?.emitter.emit(bookingChange(`b-${booking}`, null, `v${version}`));
        }
      };
      await Promise.all(Array.from({ length: BOOKINGS }, (_, booking) => change(booking)));

      const deliveries = processes.dataSource.getRepository(WebhookDelivery);
      await waitUntil(
        'all deliveries',
        async () => (await deliveries.countBy({ status: 'delivered' })) === BOOKINGS * CHANGES,
        () => `${receiver.requests.length} requests came`,
      );
      const failed = receiver.requests.filter((_, index) => index < 60 && index % 4 === 0).length;
      expect(receiver.requests).toHaveLength(BOOKINGS * CHANGES + failed);

      const versions = Array.from({ length: CHANGES }, (_, version) => `v${version}`);
      for (let booking = 0; booking < BOOKINGS; booking += 1) {
        const seen = receiver.requests
          .filter(({ body }) => body.booking?.['uuid'] === `b-${booking}`)
          .map(({ body }) => body.booking?.['status']);
        // A repeated attempt directly follows the failed one.
        expect(seen.filter((version, index) => version !== seen[index - 1])).toEqual(versions);
      }
    });
  },
  SERVER_KINDS,
);
