import { clear, seedWebhooks } from '../databases/seed.js';
import { Remote } from '../processes/remote.js';
import { atLeast, atMost, exactly, milliseconds } from '../report/figure.js';
import { median } from '../report/statistics.js';

/** @typedef {{ ms: number, calls: number[] }} FannedOut */

/** Two sets of capabilities, in turns. */
const CAPABILITIES = [[], ['octo/pricing']];
const DRAIN_MS = 30_000;

/**
 * The fan-out of one event to very many webhooks.
 *
 * @param {import('../bench.js').Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function fanOut({ kind, amounts, database, receiver, note }) {
  const { fanOutWebhooks, fanOutEvents } = amounts;
  const { url, dataSource } = await database(kind);
  await clear(dataSource);
  const capabilities = (/** @type {number} */ index) => CAPABILITIES[index % CAPABILITIES.length] ?? [];
  await seedWebhooks(dataSource, receiver.urls(fanOutWebhooks), { event: 'product_update', capabilities });
  const remote = await Remote.start('processes/fan-out-process.js', { profiled: true });
  try {
    await remote.call('start', { databaseUrl: url });
    /** @type {FannedOut[]} */
    const events = [];
    for (let number = 1; number <= fanOutEvents; number += 1) {
      await receiver.reset();
      const event = /** @type {FannedOut} */ (await remote.call('emit'));
      note(`event ${number} of ${fanOutEvents} to ${fanOutWebhooks} webhooks: ${milliseconds(event.ms)}`);
      events.push(event);
      // Its deliveries must not slow down the next round.
      if (number < fanOutEvents) await receiver.until(fanOutWebhooks, DRAIN_MS);
    }
    const longest = /** @type {number} */ (await remote.call('longestTransaction'));
    const rows = median(events.map(({ ms }) => fanOutWebhooks / (ms / 1000)));
    const calls = Math.max(...events.flatMap((event) => event.calls));
    return {
      figures: [
        exactly('serializer calls for each (capabilities, language) and state', calls, 1),
        atLeast(
          `delivery rows of one event to ${fanOutWebhooks.toLocaleString('en')} webhooks`,
          rows,
          15_000,
          (value) => `${Math.round(value).toLocaleString('en')} rows/s`,
        ),
        atMost('the longest transaction meanwhile', longest, 1000, milliseconds),
      ],
      data: { events, longestTransactionMs: longest },
    };
  } finally {
    await remote.end();
  }
}
