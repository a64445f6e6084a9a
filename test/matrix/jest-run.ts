import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import type { TestRun } from './outcome.js';

const JEST = createRequire(import.meta.url).resolve('jest/bin/jest');
const ROOT = new URL('../../', import.meta.url);

/** How Jest runs in one combination. */
export interface JestRun {
  /** The program of Node. Processes that tests start by the name `node` run it, too. */
  readonly node: string;
  readonly args: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** Runs Jest on what has been built, shows its output, and counts. */
export async function runJest({ node, args, environment = {} }: JestRun): Promise<Omit<TestRun, 'version'>> {
  const folder = await mkdtemp(join(tmpdir(), 'octo-matrix-'));
  const report = join(folder, 'report.json');
  const path = `${dirname(node)}${delimiter}${process.env['PATH'] ?? ''}`;
  const child = spawn(node, [JEST, '--json', `--outputFile=${report}`, ...args], {
    cwd: ROOT,
    env: { ...process.env, NODE_OPTIONS: '--experimental-vm-modules', PATH: path, ...environment },
    // Its report is in the file, and all else goes to its standard error.
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const endWithThis = (): void => void child.kill('SIGTERM');
  process.once('exit', endWithThis);
  try {
    await once(child, 'exit');
    const counts = JSON.parse(await readFile(report, 'utf8')) as JestCounts;
    const { numPassedTests: passed, numFailedTests: failed, numPendingTests: skipped } = counts;
    return { passed, failed, skipped, result: counts.success && passed > 0 ? 'passed' : 'failed' };
  } finally {
    process.off('exit', endWithThis);
    await rm(folder, { recursive: true });
  }
}

interface JestCounts {
  readonly success: boolean;
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
}
