import { Dispatchers } from '../contenders/dispatchers.js';
import { clear, seedDeliveries, seedWebhooks } from '../databases/seed.js';
import { atMost, milliseconds, ratio } from '../report/figure.js';
import { median, quantile } from '../report/statistics.js';

/** @typedef {import('../bench.js').Bench} Bench */

const ENDPOINTS = 16;
/** So few that even the smaller backlog is not used up. */
const DELIVERIES = 8000;
const DRAIN_MS = 6000;

/**
 * The cost of a claim when very many deliveries wait.
 *
 * @param {Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function claim(bench) {
  const times = [];
  for (const backlog of bench.amounts.claimBacklogs) {
    const claims = await claimTimes(bench, backlog);
    times.push({ backlog, claims: claims.length, medianMs: median(claims), ms99: quantile(claims, 0.99) });
    bench.note(`claims with ${backlog.toLocaleString('en')} waiting: ${milliseconds(median(claims))}`);
  }
  const [few = { backlog: 0, medianMs: 0 }, many = few] = times;
  return {
    figures: [
      { what: `claim round, ${few.backlog.toLocaleString('en')} waiting`, measured: milliseconds(few.medianMs) },
      atMost(
        `claim round, ${many.backlog.toLocaleString('en')} waiting, against it`,
        many.medianMs / few.medianMs,
        1.5,
        ratio,
      ),
    ],
    data: times,
  };
}

/**
 * @param {Bench} bench
 * @param {number} backlog
 */
async function claimTimes({ kind, database, receiver }, backlog) {
  const { url, dataSource } = await database(kind);
  await clear(dataSource);
  const webhookIds = await seedWebhooks(dataSource, receiver.urls(ENDPOINTS));
  await seedDeliveries(dataSource, webhookIds, backlog, { deliveriesPerPayload: ENDPOINTS });
  const dispatchers = await Dispatchers.fork(url);
  try {
    await receiver.reset();
    await dispatchers.start({ timed: true });
    await receiver.until(DELIVERIES, DRAIN_MS, 60_000);
    return await dispatchers.claims();
  } finally {
    await dispatchers.end();
  }
}
