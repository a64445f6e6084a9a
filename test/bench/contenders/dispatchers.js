import { Remote } from '../processes/remote.js';

/** Processes that deliver from one database, as a host's own processes would. */
export class Dispatchers {
  #remotes;
  #databaseUrl;

  /**
   * @param {readonly Remote[]} remotes
   * @param {string} databaseUrl
   */
  constructor(remotes, databaseUrl) {
    this.#remotes = remotes;
    this.#databaseUrl = databaseUrl;
  }

  /**
   * @param {string} databaseUrl
   * @param {number} [processes]
   */
  static async fork(databaseUrl, processes = 1) {
    const starting = Array.from({ length: processes }, () =>
      Remote.start('processes/dispatcher-process.js', { profiled: true }),
    );
    return new Dispatchers(await Promise.all(starting), databaseUrl);
  }

  /** @param {{ readonly timed?: boolean }} [options] whether claims are timed */
  async start({ timed = false } = {}) {
    await this.#all('start', { databaseUrl: this.#databaseUrl, timed });
  }

  /** @returns {Promise<number>} resident memory of all together, in bytes */
  async memory() {
    const bytes = /** @type {number[]} */ (await this.#all('memory'));
    return bytes.reduce((sum, one) => sum + one, 0);
  }

  /** @returns {Promise<number[]>} how long the claims took that found something, in ms */
  async claims() {
    return /** @type {number[][]} */ (await this.#all('claims')).flat();
  }

  async end() {
    await this.#all('stop');
    await Promise.all(this.#remotes.map((remote) => remote.end()));
  }

  /**
   * @param {string} method
   * @param {unknown} [argument]
   */
  #all(method, argument) {
    return Promise.all(this.#remotes.map((remote) => remote.call(method, argument)));
  }
}
