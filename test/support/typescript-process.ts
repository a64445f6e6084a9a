import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

const TYPESCRIPT = new URL('./typescript-hooks.js', import.meta.url).href;

/** A TypeScript file that runs in a process of its own. */
export interface TypeScriptProcess {
  readonly process: ChildProcess;
  /** Resolves with its first message; rejects if it ends before. */
  readonly ready: Promise<unknown>;
  /** Resolves with the signal that ended it, or null. */
  readonly ended: Promise<NodeJS.Signals | null>;
}

/** @param output where its output goes, as a file descriptor; `inherit` shows it */
export function startProcess(script: URL, args: readonly string[], output: number | 'inherit'): TypeScriptProcess {
  // The child must not inherit Jest's flags.
  const { NODE_OPTIONS: _, ...env } = process.env;
  const child = fork(script, args, {
    env,
    execArgv: ['--import', TYPESCRIPT],
    stdio: ['ignore', output, output, 'ipc'],
  });
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const ready = Promise.race([
    once(child, 'message').then(([message]: unknown[]) => message),
    exit.then(([code, signal]) => {
      throw new Error(`${script.pathname} ended before it was ready (${code ?? signal ?? 'no reason'}).`);
    }),
  ]);
  // A caller that ends it before it is ready does not wait for `ready`.
  ready.catch(() => undefined);
  return { process: child, ready, ended: exit.then(([, signal]) => signal) };
}
