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

/** The host's own transaction: a booking is read, locked, and written back. */
async function changeBooking(/** @type {number} */ number, /** @type {boolean} */ emits) {
  await dataSource.transaction(async (manager) => {
    const [row] = await manager.query('SELECT state FROM bench_booking WHERE uuid = ? FOR UPDATE', [BOOKING]);
    const before = JSON.parse(row.state);
    const after = { ...before, status: number % 2 === 0 ? 'CONFIRMED' : 'CANCELLED' };
    await manager.query('UPDATE bench_booking SET state = ?, version = version + 1 WHERE uuid = ?', [
      JSON.stringify(after),
      BOOKING,
    ]);
    if (!emits) return;
    const resource = {
      supplierId: 'supplier-1',
      connectionIds: /** @type {const} */ (['connection-0']),
      resourceId: BOOKING,
    };
    await emitter.emit({ event: 'booking_update', ...resource, before, after }, { manager });
  });
}

/** The host's own transaction: each slot of a season gets a new number of vacancies. */
async function changeSlots(/** @type {boolean} */ emits) {
  await dataSource.transaction(async (manager) => {
    const changes = [];
    for (let slot = 0; slot < SLOTS; slot += 1) {
      await manager.query('UPDATE bench_slot SET vacancies = vacancies + 1 WHERE id = ?', [slot]);
      const ids = { productId: 'harbour-walk', optionId: 'DEFAULT', availabilityId: `slot-${slot}` };
      const after = { id: ids.availabilityId, available: true, status: 'AVAILABLE', vacancies: slot, capacity: 40 };
      changes.push({ event: /** @type {const} */ ('availability_update'), supplierId: 'supplier-1', ...ids, after });
    }
    if (emits) await emitter.emitAll(changes, { manager });
  });
}

/**
 * Does something with and without emission in turns.
 *
 * @param {number} rounds
 * @param {(round: number, emits: boolean) => Promise<void>} work
 * @returns {Promise<{ without: number[], with: number[], moreStatements: number[] }>} times in ms
 */
async function compare(rounds, work) {
  const result = {
    without: /** @type {number[]} */ ([]),
    with: /** @type {number[]} */ ([]),
    moreStatements: /** @type {number[]} */ ([]),
  };
  const run = async (/** @type {number} */ round, /** @type {boolean} */ emits) => {
    const [startedAt, before] = [now(), statements];
    await work(round, emits);
    result[emits ? 'with' : 'without'].push(now() - startedAt);
    return statements - before;
  };
  // Which of the two comes first changes, too: the first may find other caches.
  for (let round = 0; round < rounds; round += 1) {
    const emitsFirst = round % 2 === 1;
    const [first, second] = [await run(round, emitsFirst), await run(round, !emitsFirst)];
    result.moreStatements.push(emitsFirst ? first - second : second - first);
  }
  return result;
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
    await dataSource.query('CREATE TABLE bench_slot (id INT PRIMARY KEY, vacancies INT)');
    const slots = Array.from({ length: SLOTS }, (_, slot) => `(${slot}, 40)`);
    await dataSource.query(`INSERT INTO bench_slot VALUES ${slots.join()}`);
  },
  bookings: (/** @type {number} */ rounds) => compare(rounds, changeBooking),
  slots: (/** @type {number} */ rounds) => compare(rounds, (_round, emits) => changeSlots(emits)),
});
