// BullMQ, as a NestJS team would set it up: one worker, its results kept in Redis, which is BullMQ's default. The variant
// names the HTTP client.
import { Agent as HttpAgent } from 'node:http';
import axios from 'axios';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import { Agent, request } from 'undici';
import { benchName } from '../../databases/names.js';
import { serve } from '../../processes/serve.js';
import { batches, jobs } from '../../work/jobs.js';
import { CONCURRENCY } from '../contender.js';

/** @typedef {import('../../work/jobs.js').Job} Job */

const name = benchName();
/** @type {Redis} */
let redis;
/** @type {Queue} */
let queue;
/** @type {Worker} */
let worker;
let recorded = 0;

const client = axios.create({
  httpAgent: new HttpAgent({ keepAlive: true, maxSockets: CONCURRENCY }),
  maxRedirects: 0,
  timeout: 15_000,
});
const dispatcher = new Agent({ pipelining: 1 });

/** @type {Record<string, (job: Job) => Promise<number>>} */
const CLIENTS = {
  axios: async ({ id, url, body }) => (await client.post(url, body, { headers: { 'webhook-id': id } })).status,
  undici: async ({ id, url, body }) => {
    const response = await request(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'webhook-id': id },
      body: JSON.stringify(body),
      dispatcher,
    });
    await response.body.text();
    return response.statusCode;
  },
};

serve(
  {
    prepare: async (/** @type {import('../peers.js').PeerWork} */ work) => {
      redis = new Redis(work.serverUrl, { maxRetriesPerRequest: null });
      queue = new Queue(name, { connection: redis });
      for (const batch of batches(jobs(work), 500)) {
        await queue.addBulk(batch.map((job) => ({ name: 'deliver', data: job, opts: { jobId: job.id } })));
      }
      const post = CLIENTS[work.variant];
      if (post === undefined) throw new Error(`There is no client ${work.variant}.`);
      worker = new Worker(name, async ({ data }) => ({ status: await post(data) }), {
        connection: redis,
        concurrency: CONCURRENCY,
        autorun: false,
      });
      worker.on('completed', () => {
        recorded += 1;
      });
      worker.on('error', console.error);
      await worker.waitUntilReady();
    },
    start: () => {
      worker.run().catch(console.error);
    },
    recorded: () => recorded,
  },
  async () => {
    await worker?.close(true);
    await queue?.obliterate({ force: true });
    redis?.disconnect();
  },
);
