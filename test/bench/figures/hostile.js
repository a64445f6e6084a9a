import { Dispatchers } from '../contenders/dispatchers.js';
import { clear, seedDeliveries, seedWebhooks } from '../databases/seed.js';
import { now } from '../processes/now.js';
import { atLeast, atMost, milliseconds, percent, perSecond, ratio } from '../report/figure.js';
import { quantile } from '../report/statistics.js';
import { commitToReceipt, ENDPOINTS, PER_SECOND } from './latency.js';

/** @typedef {import('../bench.js').Bench} Bench */

const HOSTILE = 52;
const HOSTILE_BACKLOG = 5000;

/**
 * What the partners of healthy receivers notice of one connection whose many webhooks hang, are slow, fail, and answer with
 * endless bodies.
 *
 * @param {Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function hostile(bench) {
  const rates = { alone: await healthyRate(bench, 0), beside: await healthyRate(bench, HOSTILE) };
  bench.note(`healthy receivers: ${JSON.stringify(rates)}`);
  const delays = { alone: await delay(bench, 0), beside: await delay(bench, HOSTILE) };
  bench.note(`99th percentile of healthy receivers: ${JSON.stringify(delays)}`);
  const times = (/** @type {number} */ value) => `${ratio(value)} the time without it`;
  return {
    figures: [
      { what: `${ENDPOINTS} healthy receivers, without a hostile partner`, measured: perSecond(rates.alone) },
      atLeast(`the same beside a partner with ${HOSTILE} hostile webhooks`, rates.beside / rates.alone, 0.9, percent),
      { what: `commit to receipt at ${PER_SECOND} events/s, 99th percentile`, measured: milliseconds(delays.alone) },
      atMost('the same beside that partner', delays.beside / delays.alone, 2, times),
    ],
    data: { rates, delays },
  };
}

/**
 * Deliveries per second that healthy receivers answer.
 *
 * @param {Bench} bench
 * @param {number} hostileWebhooks
 */
async function healthyRate(bench, hostileWebhooks) {
  const { amounts, receiver } = bench;
  const { url, dataSource, healthyIds } = await seeded(bench, hostileWebhooks);
  await seedDeliveries(dataSource, healthyIds, amounts.hangBacklog);
  const dispatchers = await Dispatchers.fork(url);
  try {
    await receiver.reset();
    await dispatchers.start();
    const { firstAt } = await receiver.until(amounts.hangBacklog, amounts.drainMs);
    const { distinct } = await receiver.counts();
    return distinct / ((now() - firstAt) / 1000);
  } finally {
    await dispatchers.end();
  }
}

/**
 * The 99th percentile of the time from a commit to its receipt by a healthy receiver, in ms.
 *
 * @param {Bench} bench
 * @param {number} hostileWebhooks
 */
async function delay(bench, hostileWebhooks) {
  const { url } = await seeded(bench, hostileWebhooks);
  return quantile(await commitToReceipt(bench, 'processes/latency-process.js', url), 0.99);
}

/**
 * A database with healthy webhooks, and those of a hostile connection with deliveries that wait.
 *
 * @param {Bench} bench
 * @param {number} hostileWebhooks
 */
async function seeded({ kind, database, receiver }, hostileWebhooks) {
  const { url, dataSource } = await database(kind);
  await clear(dataSource);
  const healthyIds = await seedWebhooks(dataSource, receiver.urls(ENDPOINTS));
  if (hostileWebhooks > 0) {
    const ids = await seedWebhooks(dataSource, receiver.hostileUrls(hostileWebhooks), {
      connectionOf: () => 'hostile',
    });
    await seedDeliveries(dataSource, ids, HOSTILE_BACKLOG);
  }
  return { url, dataSource, healthyIds };
}
