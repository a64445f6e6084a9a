import { clearInterval, setInterval } from 'node:timers';
import { Dispatchers } from '../contenders/dispatchers.js';
import { clear, seedDeliveries, seedWebhooks } from '../databases/seed.js';
import { atMost, megabytes, ratio } from '../report/figure.js';
import { median } from '../report/statistics.js';

const ENDPOINTS = 16;
const DELIVERIES_PER_PAYLOAD = 4;
const SAMPLE_MS = 250;
/** Memory is flat if the last third needs no more than this share of what the second third needed. */
const FLAT = 1.1;

/**
 * Resident memory of a process while it drains a large backlog; and how much faster two drain it, which takes far longer than
 * their start.
 *
 * @param {import('../bench.js').Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function memory(bench) {
  const backlog = bench.amounts.memoryBacklog.toLocaleString('en');
  const startedAt = bench.elapsed();
  const { samples, drained, seconds } = await drain(bench, 1);
  const tookMs = bench.elapsed() - startedAt;
  // It takes about as long again, and the whole run must end in time.
  const two = bench.elapsed() + tookMs < bench.amounts.wholeMs ? await drain(bench, 2) : null;
  const third = Math.floor(samples.length / 3);
  const growth = median(samples.slice(-third)) / median(samples.slice(third, -third));
  return {
    figures: [
      atMost(`resident memory while draining ${backlog}`, Math.max(...samples), 200_000_000, megabytes),
      atMost('its last third of the time, against the second', growth, FLAT, ratio),
      { what: 'drained meanwhile', measured: `${drained.toLocaleString('en')} in ${seconds.toFixed(0)} s` },
      {
        what: `2 processes against 1, backlog of ${backlog}`,
        measured: two === null ? 'no time left' : ratio(two.drained / two.seconds / (drained / seconds)),
      },
    ],
    data: { samples, drained, seconds, two },
  };
}

/**
 * @param {import('../bench.js').Bench} bench
 * @param {number} processes
 * @returns {Promise<{ samples: number[], drained: number, seconds: number }>} resident memory of all processes meanwhile, in bytes
 */
async function drain({ kind, amounts, database, receiver }, processes) {
  const { url, dataSource } = await database(kind);
  await clear(dataSource);
  const webhookIds = await seedWebhooks(dataSource, receiver.urls(ENDPOINTS));
  await seedDeliveries(dataSource, webhookIds, amounts.memoryBacklog, { deliveriesPerPayload: DELIVERIES_PER_PAYLOAD });
  const dispatchers = await Dispatchers.fork(url, processes);
  try {
    await receiver.reset();
    await dispatchers.start();
    /** @type {number[]} */
    const samples = [];
    const sampling = setInterval(() => {
      dispatchers.memory().then((bytes) => samples.push(bytes), console.error);
    }, SAMPLE_MS);
    const { firstAt } = await receiver.until(amounts.memoryBacklog, amounts.memoryMs);
    clearInterval(sampling);
    const { distinct, lastAt } = await receiver.counts();
    return { samples, drained: distinct, seconds: (lastAt - firstAt) / 1000 };
  } finally {
    await dispatchers.end();
  }
}
