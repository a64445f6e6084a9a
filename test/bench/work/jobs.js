import { v7 as uuidv7 } from 'uuid';
import { deliveryBody } from './booking.js';

/**
 * One POST to make: where to, under which id, and the body as an object.
 * @typedef {{ id: string, url: string, body: import('nestjs-octo-webhooks').JsonObject }} Job
 */

/**
 * The deliveries of a backlog as jobs of a queue.
 *
 * @param {{ deliveries: number, urls: readonly string[], kilobytes: number }} work
 * @returns {Generator<Job>}
 */
export function* jobs({ deliveries, urls, kilobytes }) {
  for (let index = 0; index < deliveries; index += 1) {
    const url = urls[index % urls.length] ?? '';
    const webhook = { id: uuidv7(), event: 'booking_update', url, capabilities: [], active: true, retryOnError: true };
    yield { id: uuidv7(), url, body: { ...deliveryBody(uuidv7(), kilobytes), webhook } };
  }
}

/**
 * The same, in batches.
 *
 * @param {Iterable<Job>} all
 * @param {number} size
 */
export function* batches(all, size) {
  /** @type {Job[]} */
  let batch = [];
  for (const job of all) {
    batch.push(job);
    if (batch.length === size) {
      yield batch;
      batch = [];
    }
  }
  if (batch.length > 0) yield batch;
}
