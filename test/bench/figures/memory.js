import { clearInterval, setInterval } from 'node:timers';
import { Dispatchers } from '../contenders/dispatchers.js';
import { clear, seedDeliveries, seedWebhooks } from '../databases/seed.js';
import { now } from '../processes/now.js';
import { atMost, megabytes, ratio } from '../report/figure.js';
import { median } from '../report/statistics.js';

const ENDPOINTS = 16;
const DELIVERIES_PER_PAYLOAD = 4;
const SAMPLE_MS = 250;
/** Flat means: in its last third it needs no more than that share of what it needed in the second one. */
const FLAT = 1.1;

/**
 * Resident memory of a process while it drains a large backlog.
 *
 * @param {import('../bench.js').Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function memory({ amounts, database, receiver }) {
  const { url, dataSource } = await database('MariaDB');
  await clear(dataSource);
  const webhookIds = await seedWebhooks(dataSource, receiver.urls(ENDPOINTS));
  await seedDeliveries(dataSource, webhookIds, amounts.memoryBacklog, { deliveriesPerPayload: DELIVERIES_PER_PAYLOAD });
  const dispatchers = await Dispatchers.fork(url);
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
    const { distinct } = await receiver.counts();
    const third = Math.floor(samples.length / 3);
    const growth = median(samples.slice(-third)) / median(samples.slice(third, -third));
    const drained = distinct.toLocaleString('en');
    return {
      figures: [
        atMost(
          `resident memory while draining ${amounts.memoryBacklog.toLocaleString('en')}`,
          Math.max(...samples),
          200_000_000,
          megabytes,
        ),
        atMost('its last third of the time, against the second', growth, FLAT, ratio),
        { what: 'drained meanwhile', measured: `${drained} in ${((now() - firstAt) / 1000).toFixed(0)} s` },
      ],
      data: { samples, distinct },
    };
  } finally {
    await dispatchers.end();
  }
}
