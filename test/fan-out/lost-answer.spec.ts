import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { WebhookDelivery, WebhookEvent } from 'nestjs-octo-webhooks';
import { WebhooksDatabase } from '../../libs/webhooks/src/database/webhooks-database.js';
import { FanOut } from '../../libs/webhooks/src/fan-out/fan-out.js';
import { createTestDatabase, describeOnDatabases, type TestDatabase } from '../support/each-database.js';
import { bookingChange, startTestHost, type RunningHost } from '../support/test-host.js';

describeOnDatabases('When the connection breaks while fan-out stores', (kind) => {
  let database: TestDatabase;
  let host: RunningHost;
  let told: string[];

  beforeEach(async () => {
    database = await createTestDatabase(kind);
    host = await startTestHost(database.url, { dispatch: { enabled: false } });
    await host.subscribe({ url: 'http://127.0.0.1:9/never-called' });
    told = [];
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
  /** Fans out three changes, the first transaction of which ends as a broken connection would have it. */
  const fanOut = async (end: 'before its COMMIT' | 'after its COMMIT'): Promise<void> => {
    await host.emitter.emitAll(['b-1', 'b-2', 'b-3'].map((booking) => bookingChange(booking, null, 'CONFIRMED')));
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
    while ((await host.app.get(FanOut).run()) > 0);
  };
  const stored = async (): Promise<[string[], string[]]> => {
    const events = await host.dataSource.getRepository(WebhookEvent).find({ order: { sequence: 1 } });
    const deliveries = await host.dataSource.getRepository(WebhookDelivery).find({ order: { eventSequence: 1 } });
    return [events.map(({ status }) => status), deliveries.map(({ resourceKey }) => resourceKey.split('\t')[1] ?? '')];
  };

  it('after the COMMIT, nothing is stored twice, and it is told once for all', async () => {
    await fanOut('after its COMMIT');
    expect(await stored()).toEqual([Array(3).fill('fanned_out'), ['b-1', 'b-2', 'b-3']]);
    expect(told).toEqual([
      expect.stringMatching(/^The lease of booking_update \S+, booking_update \S+, booking_update/),
    ]);
  });

  it('before the COMMIT, each is stored by itself, and nothing is told', async () => {
    await fanOut('before its COMMIT');
    expect(await stored()).toEqual([Array(3).fill('fanned_out'), ['b-1', 'b-2', 'b-3']]);
    expect(told).toEqual([]);
  });
});
