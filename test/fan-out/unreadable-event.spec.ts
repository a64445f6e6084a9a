import { beforeEach, describe, expect, it } from '@jest/globals';
import { WebhookEvent } from 'nestjs-octo-webhooks';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { SERVER_KINDS, type DatabaseKind } from '../support/database-servers.js';
import { describeOnDatabases } from '../support/each-database.js';
import { bookingChange } from '../support/test-host.js';
import { TestLog } from '../support/test-log.js';
import { useReceiver } from '../support/receiver.js';
import { useTestHosts } from '../support/use-test-host.js';
import { waitUntil } from '../support/wait-until.js';

// Two hosts share the database, which an embedded one does not allow.
const tests = (kind: DatabaseKind): void => {
  const log = new TestLog();
  const receiver = useReceiver();
  const hosts = useTestHosts(kind, {}, { logger: log });

  /** Emits changes while nothing is fanned out, spoils one of them, and starts a process that fans out. */
  async function fanOutWithSpoilt(column: string, text: string): Promise<void> {
    const quiet = await hosts.start({ dispatch: { enabled: false } });
    await quiet.subscribe({ url: receiver.url() });
    for (const booking of ['booking-1', 'spoilt', 'booking-2']) {
      await quiet.emitter.emit(bookingChange(booking, null, 'ON_HOLD'));
    }
    const database = quiet.app.get(WebhooksDatabase);
    const spoil = `UPDATE ${database.table(WebhookEvent)} SET ${column} = ? WHERE resource_id = 'spoilt'`;
    expect(await database.change(database.manager, spoil, [text])).toBe(1);
    await hosts.start();
  }

  beforeEach(() => log.clear());

  const eventsOf = (resourceId: string) =>
    hosts.dataSource
      .getRepository(WebhookEvent)
      .find({ select: { id: true, status: true, failureReason: true }, where: { resourceId } });

  describe.each([
    ['after_state', '{"status":"ON_H'],
    ['before_state', '{"had":{}}{'],
    ['connection_ids', 'connection-a'],
  ])('because its %s was cut or changed', (column, text) => {
    it('is parked with its reason, its id is logged, and the other events arrive', async () => {
      await fanOutWithSpoilt(column, text);
      const requests = await receiver.received(2);
      expect(requests.map(({ body }) => body.booking?.['uuid']).toSorted()).toEqual(['booking-1', 'booking-2']);
      await waitUntil('it to be parked', async () => (await eventsOf('spoilt'))[0]?.status === 'failed');
      const [spoilt] = await eventsOf('spoilt');
      expect(spoilt?.failureReason).toContain('a stored value is not JSON');
      expect(log.problems.filter((problem) => problem.includes('cannot be read'))).toEqual([
        expect.stringContaining(`Event ${spoilt?.id} cannot be read`),
      ]);
    });
  });

  it('does not stop later changes of its resource: their diff is to the last state that was told', async () => {
    await fanOutWithSpoilt('after_state', '{');
    await waitUntil('it to be parked', async () => (await eventsOf('spoilt'))[0]?.status === 'failed');
    const { before: _, ...later } = bookingChange('spoilt', null, 'CONFIRMED');
    await hosts.emitter.emit(later);
    await waitUntil('the later change', () =>
      receiver.requests.some(
        ({ body }) => body.booking?.['uuid'] === 'spoilt' && body.booking['status'] === 'CONFIRMED',
      ),
    );
  });
};

describeOnDatabases('An event that cannot be read', tests, SERVER_KINDS);
