import { Dispatchers } from '../contenders/dispatchers.js';
import { clear, seedDeliveries, seedWebhooks } from '../databases/seed.js';
import { now } from '../processes/now.js';
import { milliseconds, perSecond } from '../report/figure.js';
import { median } from '../report/statistics.js';

/** @typedef {import('../bench.js').Bench} Bench */
/** @typedef {import('../bench.js').Database} Database */

/**
 * The load for one point of the growth.
 * @typedef {object} Load
 * @property {number} backlog deliveries that wait
 * @property {number} webhooks that they are spread over
 * @property {number} kilobytes of a payload
 * @property {number} processes that deliver
 */

/** @typedef {{ x: number, perSecond: number, claimMs: number }} Point */
/** @typedef {{ dimension: string, unit: string, kind: string, points: Point[] }} Series */

/** @type {Load} */
const USUAL = { backlog: 20_000, webhooks: 16, kilobytes: 3, processes: 1 };
/** A database that holds a million deliveries holds fewer payloads: an event goes to several webhooks. */
const DELIVERIES_PER_PAYLOAD = 8;
const LARGE_PAYLOAD_BACKLOG = 4000;
const DRAIN_MS = 8000;
const ROUNDS = 3;

/** The dimensions that grow, one at a time; the others remain as usual. @type {{ dimension: keyof Load, unit: string, values: number[] }[]} */
const DIMENSIONS = [
  { dimension: 'backlog', unit: 'deliveries waiting', values: [100, 10_000, 1_000_000] },
  { dimension: 'webhooks', unit: 'webhooks', values: [1, 100, 10_000] },
  { dimension: 'kilobytes', unit: 'KB of payload', values: [1, 10, 100] },
  { dimension: 'processes', unit: 'processes', values: [1, 2, 4] },
];

/**
 * How the cost of delivering grows: deliveries per second and the time of a claim.
 *
 * @param {Bench} bench
 * @returns {Promise<Series[]>}
 */
export async function growth(bench) {
  const series = [];
  for (const kind of bench.kinds) {
    const database = await bench.database(kind);
    for (const { dimension, unit, values } of DIMENSIONS) {
      const points = [];
      for (const x of values) {
        const point = { x, ...(await measure(bench, database, { ...USUAL, [dimension]: x })) };
        bench.note(`${kind}, ${x} ${unit}: ${perSecond(point.perSecond)}, claim ${milliseconds(point.claimMs)}`);
        points.push(point);
      }
      series.push({ dimension, unit, kind, points });
    }
  }
  return series;
}

/**
 * @param {Bench} bench
 * @param {Database} database
 * @param {Load} load
 */
async function measure({ receiver }, { url, dataSource }, { backlog, webhooks, kilobytes, processes }) {
  const deliveries = kilobytes >= 100 ? Math.min(backlog, LARGE_PAYLOAD_BACKLOG) : backlog;
  // Writing a million takes far longer than measuring.
  const rounds = deliveries > 100_000 ? 1 : ROUNDS;
  const rates = [];
  const claims = [];
  for (let round = 1; round <= rounds; round += 1) {
    await clear(dataSource);
    const webhookIds = await seedWebhooks(dataSource, receiver.urls(webhooks));
    await seedDeliveries(dataSource, webhookIds, deliveries, {
      kilobytes,
      deliveriesPerPayload: Math.min(webhooks, DELIVERIES_PER_PAYLOAD),
    });
    const dispatchers = await Dispatchers.fork(url, processes);
    try {
      await receiver.reset();
      await dispatchers.start({ timed: true });
      const { firstAt } = await receiver.until(deliveries, DRAIN_MS, 60_000);
      const { distinct, lastAt } = await receiver.counts();
      rates.push(distinct / ((Math.min(lastAt, now()) - firstAt) / 1000));
      claims.push(...(await dispatchers.claims()));
    } finally {
      await dispatchers.end();
    }
  }
  return { perSecond: median(rates), claimMs: median(claims) };
}
