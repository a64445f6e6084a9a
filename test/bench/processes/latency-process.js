// A process of a host that changes bookings, emits, and delivers.
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { booking } from '../work/booking.js';
import { pace } from '../work/pace.js';
import { startHost } from './host.js';
import { now } from './now.js';
import { serve } from './serve.js';

/** @type {import('@nestjs/common').INestApplicationContext} */
let app;

serve({
  start: async (/** @type {{ databaseUrl: string }} */ { databaseUrl }) => {
    app = await startHost(databaseUrl);
  },
  /** @returns {Promise<[string, number][]>} event id to the time of its commit */
  emit: async (
    /** @type {{ perSecond: number, durationMs: number, connections: number }} */ {
      perSecond,
      durationMs,
      connections,
    },
  ) => {
    const [dataSource, emitter] = [app.get(DataSource), app.get(WebhookEmitter)];
    /** @type {[string, number][]} */
    const commits = [];
    await pace(perSecond, durationMs, async (index) => {
      const uuid = uuidv7();
      const before = booking(uuid, 'ON_HOLD', 3);
      const { id } = await dataSource.transaction((manager) =>
        emitter.emit(
          {
            event: 'booking_update',
            supplierId: 'supplier-1',
            connectionIds: [`connection-${index % connections}`],
            resourceId: uuid,
            before,
            after: { ...before, status: 'CONFIRMED' },
          },
          { manager },
        ),
      );
      commits.push([id, now()]);
    });
    return commits;
  },
  stop: () => app.close(),
});
