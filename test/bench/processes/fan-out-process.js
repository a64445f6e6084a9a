// A process of a host that emits one event to very many webhooks, fans it out, and delivers.
import { setTimeout as sleep } from 'node:timers/promises';
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { booking } from '../work/booking.js';
import { BenchHost, startHost } from './host.js';
import { now } from './now.js';
import { serve } from './serve.js';
import { TransactionTimes } from './transaction-times.js';

/** @type {import('@nestjs/common').INestApplicationContext} */
let app;
const transactions = new TransactionTimes();

serve({
  start: async (/** @type {{ databaseUrl: string }} */ { databaseUrl }) => {
    app = await startHost(databaseUrl, { onDataSource: (dataSource) => transactions.watch(dataSource) });
  },
  /** Emits an event. Returns how long it took until it was fanned out, in ms, and how often each view was serialized. */
  emit: async () => {
    const [dataSource, emitter] = [app.get(DataSource), app.get(WebhookEmitter)];
    BenchHost.serialized.clear();
    const resourceId = uuidv7();
    const before = booking(resourceId, 'DRAFT', 3);
    const after = { ...before, status: 'ON_SALE' };
    const startedAt = now();
    const { id } = await emitter.emit({ event: 'product_update', supplierId: 'supplier-1', resourceId, before, after });
    for (let status = 'pending'; status !== 'fanned_out'; await sleep(2)) {
      const [row] = await dataSource.query('SELECT status, failure_reason FROM octo_webhook_event WHERE id = ?', [id]);
      if (row.failure_reason !== null) throw new Error(row.failure_reason);
      status = row.status;
    }
    return { ms: now() - startedAt, calls: [...BenchHost.serialized.values()] };
  },
  /** How long the longest transaction took, in ms. */
  longestTransaction: async () => {
    await transactions.settled();
    return Math.max(...transactions.ended);
  },
  stop: () => app.close(),
});
