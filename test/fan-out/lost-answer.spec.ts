import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import type { Handover } from '../../libs/webhooks/src/deliveries/handover.js';
import type { LeasedDelivery } from '../../libs/webhooks/src/deliveries/lease.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { WebhooksClock } from '../../libs/webhooks/src/host/clock.js';
import { createTestDatabase, describeOnServers, type TestDatabase } from '../support/each-database.js';
import { bookingChange, startTestHost, type RunningHost } from '../support/test-host.js';

describeOnServers('When the connection breaks while fan-out stores', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let told: string[];
  let dispatched: LeasedDelivery[];
  let givenBack: LeasedDelivery[];
  let handover: Handover;

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { dispatch: { enabled: false } });
    // Fan-out begins another transaction when preparing events takes long: here all of a batch are in one.
    const now = Date.now();
    host.app.get(WebhooksClock).now = () => now;
    await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
    [told, dispatched, givenBack] = [[], [], []];
    handover = {
      freeSlots: () => ({ take: () => true }),
      dispatch: async ({ leased }) => void dispatched.push(...leased),
      giveBack: (leased) => void givenBack.push(...leased),
    };
    for (const level of ['warn', 'error'] as const) {
      jest.spyOn(Logger.prototype, level).mockImplementation((message: unknown) => void told.push(String(message)));
    }
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await host.close();
    await database.drop();
  });

  const broken = new Error('read ECONNRESET');
  /** Fans out changes; the first transaction ends as a broken connection would have it. */
  const fanOut = async (end: 'before its COMMIT' | 'after its COMMIT', ...bookings: string[]): Promise<void> => {
    await host.emitter.emitAll(bookings.map((booking) => bookingChange(booking, null, 'CONFIRMED')));
    const sql = host.app.get(WebhooksDatabase);
    const transaction = sql.transaction.bind(sql);
    sql.transaction = async (work) => {
      sql.transaction = transaction;
      await transaction(async (manager) => {
        await work(manager);
        if (end === 'before its COMMIT') throw broken;
      });
      throw broken;
    };
    while ((await host.app.get(FanOut).run(handover)) > 0);
  };
  const statuses = async (): Promise<string[]> =>
    (await host.dataSource.getRepository(WebhookEvent).find()).map(({ status }) => status);
  const deliveries = () => host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });
  const ids = (of: readonly { id: string }[]): string[] => of.map(({ id }) => id);

  it.each([[['b-1']], [['b-1', 'b-2', 'b-3']]])(
    'after the COMMIT of %j, nothing is stored twice, what is leased is given back, and it is told once',
    async (bookings) => {
      await fanOut('after its COMMIT', ...bookings);
      expect(await statuses()).toEqual(bookings.map(() => 'fanned_out'));
      const stored = await deliveries();
      expect(stored.map(({ resourceKey }) => resourceKey)).toEqual(bookings.map((uuid) => `booking_update\t${uuid}`));
      expect(givenBack.map(({ id, leaseToken }) => [id, leaseToken])).toEqual(
        stored.map(({ id, leaseToken }) => [id, leaseToken]),
      );
      expect(dispatched).toEqual([]);
      expect(told).toEqual([
        expect.stringMatching(/^The lease of booking_update .* has ended: it is fanned out already/),
      ]);
    },
  );

  it('before the COMMIT, each is stored by itself, and nothing is told', async () => {
    await fanOut('before its COMMIT', 'b-1', 'b-2', 'b-3');
    expect(await statuses()).toEqual(Array(3).fill('fanned_out'));
    expect(ids(await deliveries())).toEqual(ids(dispatched));
    expect(told).toEqual([]);
  });

  it('before the COMMIT of one, that is put off, and told', async () => {
    await fanOut('before its COMMIT', 'b-1');
    expect(await statuses()).toEqual(['pending']);
    expect(told).toEqual([expect.stringContaining('failed (1 of 8): read ECONNRESET')]);
  });

  it('it does not wait for a transaction of the host that has emitted', async () => {
    await host.dataSource.transaction(async (manager) => {
      await host.emitter.emit(bookingChange('open', null, 'CONFIRMED'), { manager });
      // As many as make it tempting to read the table as a whole.
      await fanOut('before its COMMIT', ...Array.from({ length: 20 }, (_, index) => `b-${index}`));
    });
    expect(dispatched).toHaveLength(20);
  });
});
