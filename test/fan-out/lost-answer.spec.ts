import { beforeEach, expect, it } from '@jest/globals';
import { WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import type { Handover } from '../../libs/webhooks/src/deliveries/handover.js';
import type { LeasedDelivery } from '../../libs/webhooks/src/deliveries/claim.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { describeOnServers } from '../support/each-database.js';
import { fanOutAll } from '../support/fan-out-all.js';
import { TestClock } from '../support/test-clock.js';
import { bookingChange } from '../support/test-host.js';
import { TestLog } from '../support/test-log.js';
import { useTestHost } from '../support/use-test-host.js';
import { DatabaseSteps, watchedDatabase } from '../support/watched-database.js';

describeOnServers('When the connection breaks while fan-out inserts', (kind) => {
  const log = new TestLog();
  const steps = new DatabaseSteps();
  // The clock is stopped, so that the events of a batch are inserted in one transaction, however slow the machine is.
  const clock = new TestClock();
  const host = useTestHost(
    kind,
    { dispatch: { enabled: false } },
    { per: 'test', logger: log, extras: { clock: { useValue: clock } }, overrides: [watchedDatabase(steps)] },
  );
  let dispatched: LeasedDelivery[];
  let givenBack: LeasedDelivery[];
  let handover: Handover;

  beforeEach(async () => {
    await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
    clock.stop();
    log.clear();
    [dispatched, givenBack] = [[], []];
    handover = {
      freeSlots: () => ({ take: () => true }),
      dispatch: async ({ leased }) => void dispatched.push(...leased),
      giveBack: (leased) => void givenBack.push(...leased),
    };
  });

  const broken = new Error('read ECONNRESET');
  /** Fans out changes; the first transaction ends as if the connection had broken. */
  const fanOut = async (end: 'before its COMMIT' | 'after its COMMIT', ...bookings: string[]): Promise<void> => {
    await host.emitter.emitAll(bookings.map((booking) => bookingChange(booking, null, 'CONFIRMED')));
    steps.once(end === 'before its COMMIT' ? 'beforeCommit' : 'afterCommit', () => Promise.reject(broken));
    await fanOutAll(host.app.get(FanOut), handover);
  };
  const statuses = async (): Promise<string[]> =>
    (await host.dataSource.getRepository(WebhookEvent).find()).map(({ status }) => status);
  const deliveries = () => host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });
  const ids = (of: readonly { id: string }[]): string[] => of.map(({ id }) => id);

  it.each([[['b-1']], [['b-1', 'b-2', 'b-3']]])(
    'after the COMMIT of %j, nothing is inserted twice, what is leased is given back, and one line is logged',
    async (bookings) => {
      await fanOut('after its COMMIT', ...bookings);
      expect(await statuses()).toEqual(bookings.map(() => 'fanned_out'));
      const stored = await deliveries();
      expect(stored.map(({ resourceKey }) => resourceKey)).toEqual(bookings.map((uuid) => `booking_update\t${uuid}`));
      expect(givenBack.map(({ id, leaseToken }) => [id, leaseToken])).toEqual(
        stored.map(({ id, leaseToken }) => [id, leaseToken]),
      );
      expect(dispatched).toEqual([]);
      expect(log.problems).toEqual([
        expect.stringMatching(/^The lease of booking_update .* has ended: it is fanned out already/),
      ]);
    },
  );

  it('before the COMMIT of several events, each is inserted on its own and nothing is logged', async () => {
    await fanOut('before its COMMIT', 'b-1', 'b-2', 'b-3');
    expect(await statuses()).toEqual(Array(3).fill('fanned_out'));
    expect(ids(await deliveries())).toEqual(ids(dispatched));
    expect(log.problems).toEqual([]);
  });

  it('before the COMMIT of one event, it is put off and the reason is logged', async () => {
    await fanOut('before its COMMIT', 'b-1');
    expect(await statuses()).toEqual(['pending']);
    expect(log.problems).toEqual([expect.stringContaining('failed (1 of 8): read ECONNRESET')]);
  });

  it('fan-out does not wait for an open transaction of the host that has emitted', async () => {
    await host.dataSource.transaction(async (manager) => {
      await host.emitter.emit(bookingChange('open', null, 'CONFIRMED'), { manager });
      // So many that a planner may prefer to read the whole table.
      await fanOut('before its COMMIT', ...Array.from({ length: 20 }, (_, index) => `b-${index}`));
    });
    expect(dispatched).toHaveLength(20);
  });
});
