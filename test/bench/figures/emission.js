import { clear } from '../databases/seed.js';
import { Remote } from '../processes/remote.js';
import { atMost, exactly, milliseconds, ratio } from '../report/figure.js';
import { median } from '../report/statistics.js';

/** @typedef {import('../processes/emission-process.js').Extra} Extra */
/** @typedef {Record<Extra, import('../processes/emission-process.js').Timed>} Compared */

/**
 * The cost that emitting adds to the host's own transactions.
 *
 * @param {import('../bench.js').Bench} bench
 * @returns {Promise<import('../report/figure.js').Measurement>}
 */
export async function emission({ kind, amounts, database }) {
  const { url, dataSource } = await database(kind);
  await clear(dataSource);
  const remote = await Remote.start('processes/emission-process.js', { profiled: true });
  try {
    await remote.call('start', { databaseUrl: url });
    await remote.call('bookings', 20);
    const bookings = /** @type {Compared} */ (await remote.call('bookings', amounts.emitTransactions));
    await remote.call('slots', 1);
    const slots = /** @type {Compared} */ (await remote.call('slots', amounts.availabilityRounds));
    return {
      figures: [
        { what: 'host transaction without emit', measured: milliseconds(median(bookings.nothing.times)) },
        atMost('host transaction with one emit, against it', cost(bookings, 'emit'), 1.35, ratio),
        { what: 'the same with SELECT 1 instead', measured: ratio(cost(bookings, 'SELECT 1')) },
        { what: 'the same with an INSERT of a single id instead', measured: ratio(cost(bookings, 'a small row')) },
        exactly('statements that one emit adds', moreStatements(bookings), 1),
        { what: '1,000 updates in one transaction', measured: milliseconds(median(slots.nothing.times)) },
        atMost('the same with 1,000 availability changes emitted, against it', cost(slots, 'emit'), 1.5, ratio),
        { what: 'statements that these add', measured: String(moreStatements(slots)) },
      ],
      data: { bookings: summary(bookings), slots: summary(slots) },
    };
  } finally {
    await remote.end();
  }
}

/**
 * @param {Compared} compared
 * @param {Extra} extra
 */
function cost(compared, extra) {
  return median(compared[extra].times) / median(compared.nothing.times);
}

/** @param {Compared} compared */
function moreStatements({ nothing, emit }) {
  return Math.max(...emit.statements) - Math.min(...nothing.statements);
}

/** @param {Compared} compared */
function summary({ nothing, emit }) {
  return { rounds: emit.times.length, withMs: median(emit.times), withoutMs: median(nothing.times) };
}
