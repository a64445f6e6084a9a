import { setTimeout as sleep } from 'node:timers/promises';
import { ours } from '../contenders/ours.js';
import { peer } from '../contenders/peers.js';
import { now } from '../processes/now.js';
import { atLeast, exactly, perSecond, ratio } from '../report/figure.js';
import { REDIS_URL } from '../report/machine.js';
import { median } from '../report/statistics.js';

/** @typedef {import('../contenders/contender.js').Contender} Contender */
/** @typedef {import('../bench.js').Bench} Bench */
/** @typedef {{ deliveries: number, recorded: number, duplicates: number, perSecond: number, megabytes: number }} Drained */

const ENDPOINTS = 16;
/** Longer than draining takes, unless the process has stopped working. */
const RECORD_WITHIN_MS = 5000;

/**
 * Deliveries per second of this library and of what a team would use instead, with the same work for all.
 *
 * @param {Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function throughput(bench) {
  const { rounds, backlog, drainMs, throughputUntilMs } = bench.amounts;
  const named = await contendersOn(bench);
  const contenders = Object.values(named);
  /** @type {Map<Contender, Drained[]>} */
  const results = new Map(contenders.map((contender) => [contender, []]));
  let roundMs = 0;
  for (let round = 1; round <= rounds && bench.elapsed() + roundMs < throughputUntilMs; round += 1) {
    const startedAt = bench.elapsed();
    for (const contender of contenders) {
      const drained = await drain(bench, contender, backlog, drainMs);
      results.get(contender)?.push(drained);
      bench.note(`round ${round} of ${rounds}: ${contender.name}: ${perSecond(drained.perSecond)}`);
    }
    roundMs = bench.elapsed() - startedAt;
  }
  const runs = (/** @type {Contender} */ contender) => results.get(contender) ?? [];
  const rate = (/** @type {Contender} */ contender) => median(runs(contender).map((run) => run.perSecond));
  const { mariadb, twoProcesses, loop, bullmqAxios, ...others } = named;
  const peers = [bullmqAxios, others.bullmqUndici, others.graphile, others.graphileTuned];
  const duplicates = runs(twoProcesses).reduce((sum, run) => sum + run.duplicates, 0);
  return {
    figures: [
      ...contenders.map((contender) => ({ what: contender.name, measured: withSpread(runs(contender)) })),
      atLeast('MariaDB against BullMQ + axios', rate(mariadb) / rate(bullmqAxios), 2.5, ratio),
      atLeast('MariaDB against the best of all peers', rate(mariadb) / Math.max(...peers.map(rate)), 1.2, ratio),
      atLeast('MariaDB against the undici loop', rate(mariadb) / rate(loop), 0.4, ratio),
      atLeast('MariaDB, 2 processes against 1', rate(twoProcesses) / rate(mariadb), 1, ratio),
      exactly('duplicates, 2 processes', duplicates, 0),
    ],
    data: contenders.map((contender) => ({ name: contender.name, rounds: runs(contender) })),
  };
}

/**
 * In the order of the report.
 *
 * @param {Bench} bench
 */
async function contendersOn(bench) {
  const mysql = bench.kinds.includes('MySQL') ? { mysql: ours('MySQL', await bench.database('MySQL')) } : {};
  const mariadb = await bench.database('MariaDB');
  const postgres = await bench.database('PostgreSQL');
  const graphile = await bench.emptyDatabase('PostgreSQL');
  const bullmq = (/** @type {string} */ client) =>
    peer(`BullMQ + ${client}`, 'contenders/peers/bullmq.js', { variant: client, serverUrl: REDIS_URL });
  const graphileWorker = (/** @type {string} */ name, /** @type {string} */ variant) =>
    peer(name, 'contenders/peers/graphile-worker.js', { variant, serverUrl: graphile.url });
  return {
    bullmqAxios: bullmq('axios'),
    bullmqUndici: bullmq('undici'),
    graphile: graphileWorker('graphile-worker + undici', 'plain'),
    graphileTuned: graphileWorker('graphile-worker + undici, tuned', 'tuned'),
    loop: peer('loop of undici.request, nothing durable', 'contenders/undici-loop.js'),
    ...mysql,
    mariadb: ours('MariaDB', mariadb),
    twoProcesses: ours('MariaDB', mariadb, 2),
    postgres: ours('PostgreSQL', postgres),
  };
}

/**
 * The median, and the range of the rounds, which is wide on a busy machine.
 *
 * @param {readonly Drained[]} runs
 */
function withSpread(runs) {
  const rates = runs.map((run) => run.perSecond);
  const spread = runs.length === 1 ? '1 round' : `${perSecond(Math.min(...rates))} to ${perSecond(Math.max(...rates))}`;
  return `${perSecond(median(rates))} (${spread})`;
}

/**
 * Drains a backlog, or as much of it as there is time for. The clock runs from the first delivery until all that have arrived
 * are recorded, or until the time is over. Then only recorded deliveries count.
 *
 * @param {Bench} bench
 * @param {Contender} contender
 * @param {number} deliveries
 * @param {number} drainMs
 * @returns {Promise<Drained>}
 */
async function drain({ receiver }, contender, deliveries, drainMs) {
  const run = await contender.prepare({ deliveries, urls: receiver.urls(ENDPOINTS) });
  try {
    await receiver.reset();
    await run.start();
    const { firstAt } = await receiver.until(deliveries, drainMs);
    let recorded = await run.recorded();
    const giveUpAt = now() + RECORD_WITHIN_MS;
    while (recorded < deliveries && now() - firstAt < drainMs && now() < giveUpAt) {
      await sleep(5);
      recorded = await run.recorded();
    }
    const seconds = (now() - firstAt) / 1000;
    const { requests, distinct, bytes } = await receiver.counts();
    return {
      deliveries,
      recorded,
      duplicates: requests - distinct,
      perSecond: recorded / seconds,
      megabytes: bytes / 1_000_000,
    };
  } finally {
    await run.end();
  }
}
