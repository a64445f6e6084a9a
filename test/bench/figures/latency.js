import { setTimeout as sleep } from 'node:timers/promises';
import { clear, seedWebhooks } from '../databases/seed.js';
import { Remote } from '../processes/remote.js';
import { atMost, milliseconds } from '../report/figure.js';
import { median, quantile } from '../report/statistics.js';

/** @typedef {import('../bench.js').Bench} Bench */

export const ENDPOINTS = 16;
export const PER_SECOND = 200;
const WARM_UP_MS = 1000;

/**
 * From the commit of a change to its receipt, at a steady pace.
 *
 * @param {Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function latency(bench) {
  const { url, dataSource } = await bench.database(bench.kind);
  await clear(dataSource);
  await seedWebhooks(dataSource, bench.receiver.urls(ENDPOINTS));
  const ours = await commitToReceipt(bench, 'processes/latency-process.js', url);
  const polled = await commitToReceipt(bench, 'processes/poll-only-process.js', url);
  return {
    figures: [
      atMost(`commit to receipt at ${PER_SECOND} events/s, median`, median(ours), 10, milliseconds),
      atMost('the same, 99th percentile', quantile(ours, 0.99), 60, milliseconds),
      { what: 'a queue that only polls, each second: median', measured: milliseconds(median(polled)) },
      { what: 'the same, 99th percentile', measured: milliseconds(quantile(polled, 0.99)) },
    ],
    data: { ours: summary(ours), polled: summary(polled) },
  };
}

/**
 * The times from commits to their receipts at a steady pace, in ms.
 *
 * @param {Bench} bench
 * @param {string} script
 * @param {string} databaseUrl with a webhook for each of `ENDPOINTS` connections
 */
export async function commitToReceipt({ receiver, amounts }, script, databaseUrl) {
  const remote = await Remote.start(script, { profiled: true });
  try {
    await remote.call('start', { databaseUrl });
    const load = { perSecond: PER_SECOND, connections: ENDPOINTS, urls: receiver.urls(ENDPOINTS) };
    await receiver.reset();
    await remote.call('emit', { ...load, durationMs: WARM_UP_MS });
    await receiver.until((PER_SECOND * WARM_UP_MS) / 1000, 10_000);
    await receiver.reset({ timed: true });
    const commits = /** @type {[string, number][]} */ (
      await remote.call('emit', { ...load, durationMs: amounts.latencyMs })
    );
    await receiver.until(commits.length, amounts.latencyMs + 10_000);
    await sleep(100);
    const receipts = await receiver.times();
    // A delivery that has not come by now counts as very late; it is not left out.
    return commits.map(([id, committedAt]) => (receipts.get(id) ?? Infinity) - committedAt);
  } finally {
    await remote.end();
  }
}

/** @param {readonly number[]} delays in ms */
function summary(delays) {
  const shares = [0.5, 0.9, 0.99, 0.999, 1];
  return { events: delays.length, ...Object.fromEntries(shares.map((share) => [share, quantile(delays, share)])) };
}
