import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { waitUntil } from './wait-until.js';

/** An entry point of the example platform in a process of its own, as `npm start` runs it. */
export interface PlatformProcess {
  /** Everything that it has written so far, errors included. */
  readonly output: () => string;
  /** Waits until its output matches; the first group of it. */
  says(pattern: RegExp): Promise<string>;
  /** Sends SIGTERM and waits for the end. */
  terminate(): Promise<void>;
  /** Waits for its end: the exit code, or the signal that ended it. */
  ended(): Promise<number | NodeJS.Signals | null>;
  /** Kills it if it still runs. */
  kill(): Promise<void>;
}

/** Starts `main.js` or `worker.js` of the example platform. */
export function startPlatformProcess(
  entry: 'main' | 'worker',
  environment: Readonly<Record<string, string>>,
): PlatformProcess {
  return startProcess(`apps/booking-platform/dist/${entry}.js`, environment);
}

/**
 * Starts a built application. Nothing of this process's environment but PATH is passed on.
 *
 * @param entry its path in the repository
 */
export function startProcess(entry: string, environment: Readonly<Record<string, string>>): PlatformProcess {
  const script = fileURLToPath(new URL(`../../${entry}`, import.meta.url));
  const child = spawn(process.execPath, [script], {
    env: { PATH: process.env['PATH'], ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
  // Not `exit`: at that time its last output is still on its way.
  const closed = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  const hasEnded = (): boolean => child.exitCode !== null || child.signalCode !== null;
  return {
    output: () => output,
    says: async (pattern) => {
      await waitUntil(
        `${entry} to say ${pattern}`,
        () => pattern.test(output) || hasEnded(),
        () => output,
      );
      const match = pattern.exec(output);
      if (match === null) throw new Error(`${entry} ended without saying ${pattern}:\n${output}`);
      return match[1] ?? '';
    },
    terminate: async () => {
      child.kill('SIGTERM');
      await closed;
    },
    ended: async () => {
      await waitUntil(`${entry} to end`, hasEnded, () => output);
      const [code, signal] = await closed;
      return signal ?? code;
    },
    kill: async () => {
      child.kill('SIGKILL');
      await closed;
    },
  };
}
