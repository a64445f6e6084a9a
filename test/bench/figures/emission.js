import { clear } from '../databases/seed.js';
import { Remote } from '../processes/remote.js';
import { atMost, exactly, milliseconds, ratio } from '../report/figure.js';
import { median } from '../report/statistics.js';

/** @typedef {{ without: number[], with: number[], moreStatements: number[] }} Compared */

/**
 * What emitting adds to the host's own transactions.
 *
 * @param {import('../bench.js').Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function emission({ amounts, database }) {
  const { url, dataSource } = await database('MariaDB');
  await clear(dataSource);
  const remote = await Remote.start('processes/emission-process.js');
  try {
    await remote.call('start', { databaseUrl: url });
    await remote.call('bookings', 20);
    const bookings = /** @type {Compared} */ (await remote.call('bookings', amounts.emitTransactions));
    await remote.call('slots', 1);
    const slots = /** @type {Compared} */ (await remote.call('slots', amounts.availabilityRounds));
    return {
      figures: [
        { what: 'host transaction without emit', measured: milliseconds(median(bookings.without)) },
        atMost('host transaction with one emit, against it', times(bookings), 1.35, ratio),
        exactly('statements that one emit adds', Math.max(...bookings.moreStatements), 1),
        { what: '1,000 updates in one transaction', measured: milliseconds(median(slots.without)) },
        atMost('the same with 1,000 availability changes emitted, against it', times(slots), 1.5, ratio),
        { what: 'statements that these add', measured: String(Math.max(...slots.moreStatements)) },
      ],
      data: { bookings: summary(bookings), slots: summary(slots) },
    };
  } finally {
    await remote.end();
  }
}

/** @param {Compared} compared */
function times(compared) {
  return median(compared.with) / median(compared.without);
}

/** @param {Compared} compared */
function summary(compared) {
  return { rounds: compared.with.length, withMs: median(compared.with), withoutMs: median(compared.without) };
}
