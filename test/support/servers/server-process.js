import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/**
 * How a database server is started, ended and asked whether it is up.
 *
 * @typedef {object} ServerCommand
 * @property {string} program
 * @property {readonly string[]} args
 * @property {import('./programs.js').Account} account
 * @property {string} logFile
 * @property {NodeJS.Signals} fastShutdown the signal for a fast shutdown: connections are cut, files are written
 * @property {() => Promise<void>} answers rejects as long as the server does not answer
 */

const START_WITHIN_MS = 30_000;

/** A database server on a folder of its own, which can be killed and started again. */
export class ServerProcess {
  /** @type {import('node:child_process').ChildProcess | null} */
  #child = null;
  /** @type {ServerCommand} */
  #command;

  /** @param {ServerCommand} command */
  constructor(command) {
    this.#command = command;
    // However the run ends, its servers end with it.
    process.once('exit', () => this.#child?.kill('SIGKILL'));
  }

  /** Starts the server and waits until it answers. */
  async start() {
    const { program, answers, logFile } = this.#command;
    const giveUpAt = Date.now() + START_WITHIN_MS;
    for (;;) {
      // After a SIGKILL it may refuse to start until its former children have noticed the end of their parent.
      if (this.#child === null || this.#child.exitCode !== null) this.#child = this.#spawn();
      try {
        return await answers();
      } catch (error) {
        if (Date.now() > giveUpAt) throw new Error(`${program} does not answer; see ${logFile}`, { cause: error });
        await sleep(100);
      }
    }
  }

  /** Ends it like a power cut: nothing more is written. */
  async kill() {
    await this.#end('SIGKILL');
  }

  /** Ends it as an administrator does: connections are cut, files are written. */
  async stop() {
    await this.#end(this.#command.fastShutdown);
  }

  #spawn() {
    const { program, args, account, logFile } = this.#command;
    const log = openSync(logFile, 'a');
    return spawn(program, args, { ...account, stdio: ['ignore', log, log] });
  }

  /** @param {NodeJS.Signals} signal */
  async #end(signal) {
    const child = this.#child;
    this.#child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
