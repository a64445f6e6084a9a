// graphile-worker with undici, with its defaults or tuned for throughput (variant `tuned`). It records a finished job by
// deleting it.
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import pg from 'pg';
import { Agent, request } from 'undici';
import { serve } from '../../processes/serve.js';
import { batches, jobs } from '../../work/jobs.js';
import { CONCURRENCY } from '../contender.js';

/** @typedef {import('../../work/jobs.js').Job} Job */

/** @type {Record<string, Partial<GraphileConfig.WorkerOptions>>} */
const VARIANTS = {
  plain: {},
  // As many connections as its documentation asks for.
  tuned: {
    localQueue: { size: 500 },
    completeJobBatchDelay: 0,
    failJobBatchDelay: 0,
    maxPoolSize: CONCURRENCY + 2,
  },
};

/** @type {pg.Pool} */
let pool;
/** @type {Partial<GraphileConfig.WorkerOptions>} */
let variant = {};
let deliveries = 0;
let connectionString = '';
const dispatcher = new Agent({ pipelining: 1 });

/** @param {unknown} payload */
async function deliver(payload) {
  const { id, url, body } = /** @type {Job} */ (payload);
  const response = await request(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'webhook-id': id },
    body: JSON.stringify(body),
    dispatcher,
  });
  await response.body.text();
  if (response.statusCode !== 200) throw new Error(`Answered with ${response.statusCode}`);
}

/** Otherwise it would print a line for each job. */
const logger = new Logger(() => (level, message) => {
  if (level === 'error') console.error(message);
});

serve({
  prepare: async (/** @type {import('../peers.js').PeerWork} */ work) => {
    deliveries = work.deliveries;
    connectionString = work.serverUrl;
    variant = VARIANTS[work.variant] ?? {};
    pool = new pg.Pool({ connectionString });
    const utils = await makeWorkerUtils({ connectionString, logger });
    await utils.migrate();
    await pool.query('TRUNCATE graphile_worker._private_jobs');
    for (const batch of batches(jobs(work), 1000)) {
      await utils.addJobs(batch.map((job) => ({ identifier: 'deliver', payload: job })));
    }
    await pool.query('ANALYZE');
    await utils.release();
  },
  start: async () => {
    await run({
      connectionString,
      taskList: { deliver },
      preset: { worker: { ...variant, concurrentJobs: CONCURRENCY, logger } },
      noHandleSignals: true,
    });
  },
  recorded: async () => {
    const { rows } = await pool.query('SELECT COUNT(*)::int AS left FROM graphile_worker._private_jobs');
    return deliveries - rows[0].left;
  },
});
