// A process of a host that emits many changes in one transaction, fans them out, and delivers.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { booking } from '../work/booking.js';
import { startHost } from './host.js';
import { now } from './now.js';
import { serve } from './serve.js';

/** @typedef {'product' | 'slot'} Resource */
/** @typedef {{ resource: Resource, changes: number, resources: number }} Backlog */

const LOOK_EACH_MS = 10;
const STATE = booking('object', 'STATUS', 3);

/** @type {import('@nestjs/common').INestApplicationContext} */
let app;
let changed = 0;
/** When the backlog that was emitted last had been fanned out, by `now()`; null until then. @type {number | null} */
let fannedOutAt = null;

/**
 * @param {Backlog} backlog
 * @returns {import('nestjs-octo-webhooks').WebhookChange[]}
 */
function changesOf({ resource, changes, resources }) {
  return Array.from({ length: changes }, () => {
    const id = `${resource}-${(changed += 1) % resources}`;
    const after = { ...STATE, id, status: `STATUS_${changed}` };
    const supplierId = 'supplier-1';
    return resource === 'product'
      ? { event: 'product_update', supplierId, resourceId: id, after }
      : { event: 'availability_update', supplierId, productId: 'p', optionId: 'o', availabilityId: id, after };
  });
}

/** @param {string} sql */
async function until(sql) {
  while ((await app.get(DataSource).query(sql)).length > 0) await sleep(LOOK_EACH_MS);
}

serve({
  start: async (/** @type {{ databaseUrl: string }} */ { databaseUrl }) => {
    app = await startHost(databaseUrl);
  },
  /** Commits a backlog. */
  emit: async (/** @type {Backlog} */ backlog) => {
    fannedOutAt = null;
    await app
      .get(DataSource)
      .transaction((manager) => app.get(WebhookEmitter).emitAll(changesOf(backlog), { manager }));
    return now();
  },
  /** When all events had been fanned out. */
  fannedOut: async () => {
    await until("SELECT 1 AS one FROM octo_webhook_event WHERE status = 'pending' LIMIT 1");
    fannedOutAt = now();
    return fannedOutAt;
  },
  /** When all deliveries had ended. */
  settled: async () => {
    await until("SELECT 1 AS one FROM octo_webhook_delivery WHERE status = 'pending' LIMIT 1");
    return now();
  },
  /**
   * Changes one booking after the other, at a steady pace.
   *
   * @returns {Promise<[string, number][]>} event id to the time of its commit; without those that came after the backlog
   */
  bookings: async (/** @type {{ count: number, everyMs: number }} */ { count, everyMs }) => {
    /** @type {[string, number][]} */
    const commits = [];
    for (let done = 0; done < count; done += 1) {
      const uuid = uuidv7();
      const { id } = await app.get(WebhookEmitter).emit({
        event: 'booking_update',
        supplierId: 'supplier-1',
        connectionIds: ['connection-0'],
        resourceId: uuid,
        before: null,
        after: booking(uuid, 'CONFIRMED', 3),
      });
      if (fannedOutAt !== null) break;
      commits.push([id, now()]);
      await sleep(everyMs);
    }
    return commits;
  },
  stop: () => app.close(),
});
