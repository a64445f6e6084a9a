import { Dispatchers } from '../contenders/dispatchers.js';
import { clear, seedDeliveries, seedWebhooks } from '../databases/seed.js';
import { now } from '../processes/now.js';
import { atLeast, percent, perSecond } from '../report/figure.js';
import { median } from '../report/statistics.js';

/** @typedef {import('../bench.js').Bench} Bench */

const ENDPOINTS = 20;
const HANGING = 4;

/**
 * How much healthy receivers still get while others hang until the request times out, compared with the same deliveries to the
 * same healthy receivers alone.
 *
 * @param {Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function hanging(bench) {
  /** @type {Record<'alone' | 'beside', number[]>} */
  const rates = { alone: [], beside: [] };
  for (let round = 1; round <= Math.min(2, bench.amounts.rounds); round += 1) {
    rates.alone.push(await healthyRate(bench, 0));
    rates.beside.push(await healthyRate(bench, HANGING));
    bench.note(
      `healthy receivers alone ${perSecond(rates.alone.at(-1) ?? 0)}, beside hanging ones ${perSecond(rates.beside.at(-1) ?? 0)}`,
    );
  }
  const [alone, beside] = [median(rates.alone), median(rates.beside)];
  return {
    figures: [
      { what: `${ENDPOINTS - HANGING} healthy receivers, alone`, measured: perSecond(alone) },
      atLeast(`the same, when ${HANGING} more hang until time-out, against it`, beside / alone, 0.8, percent),
    ],
    data: rates,
  };
}

/**
 * Deliveries per second that healthy receivers answer.
 *
 * @param {Bench} bench
 * @param {number} hangingEndpoints
 */
async function healthyRate({ kind, amounts, database, receiver }, hangingEndpoints) {
  const { url, dataSource } = await database(kind);
  await clear(dataSource);
  const endpoints = ENDPOINTS - HANGING + hangingEndpoints;
  const webhookIds = await seedWebhooks(dataSource, receiver.urls(endpoints, hangingEndpoints));
  const healthy = Math.round((amounts.hangBacklog * (ENDPOINTS - HANGING)) / ENDPOINTS);
  await seedDeliveries(dataSource, webhookIds, Math.round((healthy * endpoints) / (ENDPOINTS - HANGING)));
  const dispatchers = await Dispatchers.fork(url);
  try {
    await receiver.reset();
    await dispatchers.start();
    const { firstAt } = await receiver.until(healthy, amounts.drainMs);
    const { distinct } = await receiver.counts();
    return distinct / ((now() - firstAt) / 1000);
  } finally {
    await dispatchers.end();
  }
}
