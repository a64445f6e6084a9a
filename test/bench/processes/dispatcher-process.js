// A process of a host that does nothing but deliver.
import { setTimeout as sleep } from 'node:timers/promises';
import { ClaimTimes } from './claim-times.js';
import { startHost } from './host.js';
import { serve } from './serve.js';

/** @type {import('@nestjs/common').INestApplicationContext | null} */
let app = null;
const claims = new ClaimTimes();

serve({
  /** `timed` notes how long claims take, which itself takes some time and memory. */
  start: async (/** @type {{ databaseUrl: string, timed: boolean }} */ { databaseUrl, timed }) => {
    app = await startHost(databaseUrl, timed ? { onDataSource: (dataSource) => claims.watch(dataSource) } : {});
  },
  /** Resident memory, in bytes. */
  memory: () => process.memoryUsage.rss(),
  /** How long each claim took that found something, in ms. */
  claims: () => claims.ended,
  stop: async () => {
    // It does not wait for hanging requests: its database is dropped anyway.
    await Promise.race([app?.close(), sleep(3000, null, { ref: false })]);
  },
});
