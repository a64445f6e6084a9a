// A process of a host that only serves its API: it changes bookings and slots and emits, and others deliver.
import { WebhookEmitter } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { v7 as uuidv7 } from 'uuid';
import { booking } from '../work/booking.js';
import { startHost } from './host.js';
import { now } from './now.js';
import { serve } from './serve.js';

const SLOTS = 1000;
const BOOKING = uuidv7();

/** @type {DataSource} */
let dataSource;
/** @type {WebhookEmitter} */
let emitter;
let statements = 0;

/**
 * The extra work of a transaction besides the host's own: nothing, the least that an emit could cost, or an emit.
 *
 * @typedef {'nothing' | 'SELECT 1' | 'a small row' | 'emit'} Extra
 */
/**
 * How long each round took, in ms, and how many statements it made.
 *
 * @typedef {{ times: number[], statements: number[] }} Timed
 */

/** The host's own transaction: a booking is read, locked, and written back. */
async function changeBooking(/** @type {number} */ number, /** @type {Extra} */ extra) {
  await dataSource.transaction(async (manager) => {
    const [row] = await manager.query('SELECT state FROM bench_booking WHERE uuid = ? FOR UPDATE', [BOOKING]);
    const before = JSON.parse(row.state);
    const after = { ...before, status: number % 2 === 0 ? 'CONFIRMED' : 'CANCELLED' };
    await manager.query('UPDATE bench_booking SET state = ?, version = version + 1 WHERE uuid = ?', [
      JSON.stringify(after),
      BOOKING,
    ]);
    if (extra === 'SELECT 1') await manager.query('SELECT 1');
    if (extra === 'a small row') await manager.query('INSERT INTO bench_note VALUES (?)', [uuidv7()]);
    if (extra !== 'emit') return;
    const resource = {
      supplierId: 'supplier-1',
      connectionIds: /** @type {const} */ (['connection-0']),
      resourceId: BOOKING,
    };
    await emitter.emit({ event: 'booking_update', ...resource, before, after }, { manager });
  });
}

/** The host's own transaction: each slot of a season gets a new number of vacancies. */
async function changeSlots(/** @type {Extra} */ extra) {
  await dataSource.transaction(async (manager) => {
    const changes = [];
    for (let slot = 0; slot < SLOTS; slot += 1) {
      await manager.query('UPDATE bench_slot SET vacancies = vacancies + 1 WHERE id = ?', [slot]);
      const ids = { productId: 'harbour-walk', optionId: 'DEFAULT', availabilityId: `slot-${slot}` };
      const after = { id: ids.availabilityId, available: true, status: 'AVAILABLE', vacancies: slot, capacity: 40 };
      changes.push({ event: /** @type {const} */ ('availability_update'), supplierId: 'supplier-1', ...ids, after });
    }
    if (extra === 'emit') await emitter.emitAll(changes, { manager });
  });
}

/**
 * Does the work with each extra, in turns.
 *
 * @param {number} rounds
 * @param {readonly Extra[]} extras
 * @param {(round: number, extra: Extra) => Promise<void>} work
 * @returns {Promise<Record<string, Timed>>} by extra
 */
async function compare(rounds, extras, work) {
  /** @type {Record<string, Timed>} */
  const results = Object.fromEntries(extras.map((extra) => [extra, { times: [], statements: [] }]));
  for (let round = 0; round < rounds; round += 1) {
    for (let turn = 0; turn < extras.length; turn += 1) {
      // The order changes from round to round, because the first one may find other caches.
      const extra = extras[(round + turn) % extras.length] ?? 'nothing';
      const [startedAt, before] = [now(), statements];
      await work(round, extra);
      results[extra]?.times.push(now() - startedAt);
      results[extra]?.statements.push(statements - before);
    }
  }
  return results;
}

serve({
  start: async (/** @type {{ databaseUrl: string }} */ { databaseUrl }) => {
    const app = await startHost(databaseUrl, {
      dispatch: false,
      onDataSource: ({ subscribers }) =>
        subscribers.push({
          afterQuery: () => {
            statements += 1;
          },
        }),
    });
    [dataSource, emitter] = [app.get(DataSource), app.get(WebhookEmitter)];
    await dataSource.query('CREATE TABLE bench_booking (uuid CHAR(36) PRIMARY KEY, state MEDIUMTEXT, version INT)');
    await dataSource.query('INSERT INTO bench_booking VALUES (?, ?, 1)', [
      BOOKING,
      JSON.stringify(booking(BOOKING, 'CONFIRMED', 3)),
    ]);
    await dataSource.query('CREATE TABLE bench_note (uuid CHAR(36) PRIMARY KEY)');
    await dataSource.query('CREATE TABLE bench_slot (id INT PRIMARY KEY, vacancies INT)');
    const slots = Array.from({ length: SLOTS }, (_, slot) => `(${slot}, 40)`);
    await dataSource.query(`INSERT INTO bench_slot VALUES ${slots.join()}`);
  },
  bookings: (/** @type {number} */ rounds) =>
    compare(rounds, ['nothing', 'SELECT 1', 'a small row', 'emit'], changeBooking),
  slots: (/** @type {number} */ rounds) => compare(rounds, ['nothing', 'emit'], (_, extra) => changeSlots(extra)),
});
