import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Account } from './binaries.js';

/** How a database server is started, ended and asked whether it is up. */
export interface ServerCommand {
  readonly program: string;
  readonly args: readonly string[];
  readonly account: Account;
  readonly logFile: string;
  /** The signal for a fast shutdown: connections are cut, files are written. */
  readonly fastShutdown: NodeJS.Signals;
  /** Rejects as long as the server does not answer. */
  readonly answers: () => Promise<void>;
}

const START_WITHIN_MS = 30_000;

/** A database server on a folder of its own, which can be killed and started again. */
export class ServerProcess {
  private child: ChildProcess | null = null;

  constructor(private readonly command: ServerCommand) {
    // However the run ends, its servers end with it.
    process.once('exit', () => this.child?.kill('SIGKILL'));
  }

  /** Starts the server and waits until it answers. */
  async start(): Promise<void> {
    const giveUpAt = Date.now() + START_WITHIN_MS;
    for (;;) {
      // After a SIGKILL it may refuse to start until its former children have noticed the end of their parent.
      if (this.child === null || this.child.exitCode !== null) this.child = this.spawn();
      try {
        return await this.command.answers();
      } catch (error) {
        if (Date.now() > giveUpAt) {
          throw new Error(`${this.command.program} does not answer; see ${this.command.logFile}`, { cause: error });
        }
        await sleep(100);
      }
    }
  }

  /** Ends it like a power cut: nothing more is written. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** Ends it as an administrator does: connections are cut, files are written. */
  async stop(): Promise<void> {
    await this.end(this.command.fastShutdown);
  }

  private spawn(): ChildProcess {
    const { program, args, account, logFile } = this.command;
    const log = openSync(logFile, 'a');
    return spawn(program, args, { ...account, stdio: ['ignore', log, log] });
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    const child = this.child;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  }
}
