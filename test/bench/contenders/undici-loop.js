// The limit: loops of undici.request in one process. Nothing is durable, and only a count is recorded.
import { Agent, request } from 'undici';
import { serve } from '../processes/serve.js';
import { jobs } from '../work/jobs.js';
import { CONCURRENCY } from './contender.js';

/** @type {{ id: string, url: string, body: string }[]} */
let waiting = [];
let delivered = 0;
const dispatcher = new Agent({ pipelining: 1 });

async function loop() {
  for (let job = waiting.pop(); job !== undefined; job = waiting.pop()) {
    const response = await request(job.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'webhook-id': job.id },
      body: job.body,
      dispatcher,
    });
    await response.body.text();
    if (response.statusCode === 200) delivered += 1;
  }
}

serve({
  prepare: (/** @type {import('./peers.js').PeerWork} */ work) => {
    waiting = Array.from(jobs(work), ({ id, url, body }) => ({ id, url, body: JSON.stringify(body) }));
  },
  start: () => {
    for (let number = 0; number < CONCURRENCY; number += 1) loop().catch(console.error);
  },
  recorded: () => delivered,
});
