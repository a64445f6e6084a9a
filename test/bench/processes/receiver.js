import { setTimeout as sleep } from 'node:timers/promises';
import { now } from './now.js';
import { Remote } from './remote.js';

/**
 * The requests since the last `reset`: how many were answered, their distinct `webhook-id`s, the bytes of their bodies, how many
 * are left hanging, and the times of the first and the last, by `now()`.
 * @typedef {{ requests: number, distinct: number, bytes: number, hanging: number, firstAt: number, lastAt: number }} Counts
 */

const POLL_MS = 20;

/** The partners' receivers, which share a process of their own. */
export class Receiver {
  #remote;
  #port;

  /**
   * @param {Remote} remote
   * @param {number} port
   */
  constructor(remote, port) {
    this.#remote = remote;
    this.#port = port;
  }

  static async start() {
    const remote = await Remote.start('processes/receiver-process.js');
    return new Receiver(remote, /** @type {number} */ (await remote.call('port')));
  }

  /**
   * The URLs of that many receivers.
   *
   * @param {number} count
   * @param {number} [hanging] how many of them, at the end of the list, never answer
   */
  urls(count, hanging = 0) {
    return Array.from({ length: count }, (_, index) => {
      const path = index < count - hanging ? 'hook' : 'hang';
      return `http://127.0.0.1:${this.#port}/${path}/${index}`;
    });
  }

  /**
   * The URLs of receivers that never answer, are slow, fail, and answer with endless bodies, in turns.
   *
   * @param {number} count
   */
  hostileUrls(count) {
    const ways = ['hang', 'slow', 'fail', 'huge'];
    return Array.from(
      { length: count },
      (_, index) => `http://127.0.0.1:${this.#port}/${ways[index % ways.length] ?? ''}/${index}`,
    );
  }

  /** @param {{ readonly timed?: boolean }} [options] whether to note when each event comes */
  async reset({ timed = false } = {}) {
    await this.#remote.call('reset', { timed });
  }

  /** @returns {Promise<Counts>} */
  async counts() {
    return /** @type {Counts} */ (await this.#remote.call('counts'));
  }

  /** @returns {Promise<Map<string, number>>} event id to `now()` */
  async times() {
    return new Map(/** @type {[string, number][]} */ (await this.#remote.call('times')));
  }

  /**
   * Waits until that many deliveries have come, or until some time has passed since the first.
   *
   * @param {number} deliveries
   * @param {number} limitMs
   * @param {number} [patienceMs] for the first to come
   */
  async until(deliveries, limitMs, patienceMs = 20_000) {
    const giveUpAt = now() + patienceMs;
    for (;;) {
      const counts = await this.counts();
      if (counts.distinct >= deliveries) return counts;
      if (counts.requests > 0 && now() - counts.firstAt >= limitMs) return counts;
      if (counts.requests === 0 && now() > giveUpAt) throw new Error(`No delivery came within ${patienceMs} ms.`);
      await sleep(POLL_MS);
    }
  }

  async end() {
    await this.#remote.end();
  }
}
