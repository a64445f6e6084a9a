import { setTimeout as sleep } from 'node:timers/promises';
import { clear, seedWebhooks } from '../databases/seed.js';
import { Remote } from '../processes/remote.js';
import { atLeast, atMost, milliseconds, ratio } from '../report/figure.js';
import { median } from '../report/statistics.js';

/** @typedef {import('../bench.js').Bench} Bench */
/** @typedef {import('../bench.js').ServerKind} ServerKind */
/** @typedef {import('../processes/backlog-process.js').Backlog} Backlog */

const EVERY_MS = 25;
const IDLE_BOOKINGS = 80;
const ARRIVE_WITHIN_MS = 10_000;

/**
 * Many pending changes of one resource, against as many of different ones.
 *
 * @param {Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function hotResource(bench) {
  const figures = [];
  /** @type {Record<string, unknown>} */
  const data = {};
  for (const kind of bench.kinds) {
    const measured = await measure(bench, kind);
    bench.note(`one hot resource on ${kind}: ${JSON.stringify(measured)}`);
    const { products, product, slots, slot, idle, beside } = measured;
    figures.push(
      atLeast(`${kind}: 1,000 changes of one product are fanned out at`, products / product, 0.5, ofProducts),
      atMost('10,000 changes of one slot, until all is delivered', slot / slots, 1, ofSlots),
      atMost('a booking beside 5,000 changes of one product, median', beside / idle, 2, ofIdle),
      { what: 'the same, in ms', measured: `${milliseconds(beside)} (idle ${milliseconds(idle)})` },
    );
    data[kind] = measured;
  }
  return { figures, data };
}

const ofProducts = (/** @type {number} */ value) => `${ratio(value)} the rate of 1,000 products`;
const ofSlots = (/** @type {number} */ value) => `${ratio(value)} the time of 10,000 slots`;
const ofIdle = (/** @type {number} */ value) => `${ratio(value)} the time when idle`;

/**
 * @param {Bench} bench
 * @param {ServerKind} kind
 */
async function measure({ amounts, database, receiver, note }, kind) {
  const { url, dataSource } = await database(kind);
  await clear(dataSource);
  const urls = receiver.urls(1);
  await seedWebhooks(dataSource, urls);
  await seedWebhooks(dataSource, urls, { event: 'product_update' });
  await seedWebhooks(dataSource, urls, { event: 'availability_update' });
  const remote = await Remote.start('processes/backlog-process.js', { profiled: true });
  const time = async (/** @type {'fannedOut' | 'settled'} */ end, /** @type {Backlog} */ backlog) => {
    const committedAt = /** @type {number} */ (await remote.call('emit', backlog));
    const fannedOutAt = /** @type {number} */ (await remote.call('fannedOut'));
    const settledAt = /** @type {number} */ (await remote.call('settled'));
    note(`${JSON.stringify(backlog)} on ${kind}: ${fannedOutAt - committedAt} ${settledAt - committedAt}`);
    return (end === 'fannedOut' ? fannedOutAt : settledAt) - committedAt;
  };
  const latency = async (/** @type {number} */ count) => {
    await receiver.reset({ timed: true });
    const commits = /** @type {[string, number][]} */ (await remote.call('bookings', { count, everyMs: EVERY_MS }));
    await sleep(ARRIVE_WITHIN_MS / 10);
    const receipts = await receiver.times();
    return median(commits.map(([id, committedAt]) => (receipts.get(id) ?? Infinity) - committedAt));
  };
  try {
    await remote.call('start', { databaseUrl: url });
    // The first of each kind warms the code up.
    await time('settled', { resource: 'product', changes: 200, resources: 200 });
    await time('settled', { resource: 'slot', changes: 200, resources: 200 });
    const { hotChanges, hotSlots, hotBeside } = amounts;
    const products = await time('fannedOut', { resource: 'product', changes: hotChanges, resources: hotChanges });
    const product = await time('fannedOut', { resource: 'product', changes: hotChanges, resources: 1 });
    const slots = await time('settled', { resource: 'slot', changes: hotSlots, resources: hotSlots });
    const slot = await time('settled', { resource: 'slot', changes: hotSlots, resources: 1 });
    await remote.call('emit', { resource: 'slot', changes: 1, resources: 1 });
    const idle = await latency(IDLE_BOOKINGS);
    await remote.call('emit', { resource: 'product', changes: hotBeside, resources: 1 });
    const ended = remote.call('fannedOut');
    const beside = await latency(10_000);
    await ended;
    return { products, product, slots, slot, idle, beside };
  } finally {
    await remote.end();
  }
}
