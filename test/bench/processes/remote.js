import { fork } from 'node:child_process';
import { once } from 'node:events';
import { profileArguments } from '../settings.js';

/** A process of the benchmark that answers calls; see `serve`. */
export class Remote {
  /** @type {Map<number, { resolve: (value: unknown) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #calls = 0;
  #process;
  #ended;

  /** @param {import('node:child_process').ChildProcess} child */
  constructor(child) {
    this.#process = child;
    this.#ended = once(child, 'exit');
    child.on('message', (/** @type {{ id?: number, result?: unknown, error?: string }} */ { id, result, error }) => {
      const waiting = this.#waiting.get(id ?? -1);
      this.#waiting.delete(id ?? -1);
      if (error === undefined) waiting?.resolve(result);
      else waiting?.reject(new Error(error));
    });
    child.on('exit', (code, signal) => {
      for (const { reject } of this.#waiting.values()) {
        reject(new Error(`${child.spawnargs.at(-1)} ended too early (${code ?? signal}).`));
      }
      this.#waiting.clear();
    });
  }

  /**
   * Starts a script of this folder.
   *
   * @param {string} script its path from `test/bench`
   * @param {{ readonly profiled?: boolean }} [options] whether `--profile` is about this process
   */
  static async start(script, { profiled = false } = {}) {
    const child = fork(new URL(`../${script}`, import.meta.url), {
      env: { ...process.env, NODE_OPTIONS: '', NODE_ENV: 'production' },
      execArgv: profiled ? profileArguments() : [],
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    const remote = new Remote(child);
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error(`${script} ended before it was ready.`);
      }),
    ]);
    return remote;
  }

  /**
   * Calls a method in the process.
   *
   * @param {string} method
   * @param {unknown} [argument]
   * @returns {Promise<unknown>}
   */
  call(method, argument) {
    const id = (this.#calls += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#process.send({ id, method, argument }, (error) => {
        if (error !== null) reject(error);
      });
    });
  }

  /** Ends the process once it has cleaned up the servers. */
  async end() {
    if (this.#process.connected) this.#process.disconnect();
    await this.#ended;
  }
}
