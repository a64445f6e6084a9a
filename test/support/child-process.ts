import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

/** A script of this folder that runs in a process of its own and has told where it listens. */
export interface RunningChild {
  readonly process: ChildProcess;
  readonly url: string;
  /** Resolves with the signal that ended the process, or null. */
  ended(): Promise<NodeJS.Signals | null>;
}

/** Starts a script of `test/support`, on the built packages. */
export async function startChild(script: string, env: Readonly<Record<string, string>>): Promise<RunningChild> {
  // Jest's flags and loaders are not the child's.
  const { NODE_OPTIONS: _, ...environment } = process.env;
  const child = fork(new URL(script, import.meta.url), {
    env: { ...environment, ...env },
    execArgv: [],
    stdio: 'inherit',
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const url = await Promise.race([
    once(child, 'message').then(([message]) => String(message)),
    ended.then(([code, signal]) => {
      throw new Error(`${script} ended before it listened (${code ?? signal ?? 'no reason'}).`);
    }),
  ]);
  return { process: child, url, ended: async () => (await ended)[1] };
}
