import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from '../../support/servers/free-port.js';
import { accountFor, findProgram, type Account } from '../../support/servers/programs.js';
import { ServerProcess } from '../../support/servers/server-process.js';
import type { DatabaseServer } from './database-server.js';

/** The programs of one PostgreSQL, and the user that runs them. */
export interface PostgresPrograms {
  readonly server: string;
  readonly initdb: string;
  readonly account: Account;
}

/** Those of this machine; null when they are not installed. */
export function installedPostgres(): PostgresPrograms | null {
  const server = findProgram('postgres');
  const initdb = findProgram('initdb');
  const account = accountFor('postgres');
  return server === null || initdb === null || account === null ? null : { server, initdb, account };
}

/** A PostgreSQL cluster in a folder of its own. */
export async function ownPostgres(folder: string, programs: PostgresPrograms): Promise<DatabaseServer> {
  const { server, initdb, account } = programs;
  const home = join(folder, 'postgres');
  const data = join(home, 'data');
  await mkdir(data, { recursive: true });
  for (const path of [home, data]) await chown(path, account.uid ?? -1, account.gid ?? -1);
  await promisify(execFile)(
    initdb,
    ['-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync'],
    { ...account, cwd: home },
  );
  const port = await freePort();
  const url = (database: string): string => `postgres://postgres@127.0.0.1:${port}/${database}`;
  const process = new ServerProcess({
    program: server,
    // A killed process loses nothing that it has given to the kernel, so fsync would only cost time.
    args: ['-D', data, '-p', String(port), '-k', home, '-h', '127.0.0.1', '-c', 'fsync=off'],
    account,
    logFile: join(folder, 'postgres.log'),
    fastShutdown: 'SIGINT',
    answers: () => run(url('postgres'), 'SELECT 1'),
  });
  await process.start();
  await run(url('postgres'), 'CREATE DATABASE faults');
  return { kind: 'PostgreSQL', url: url('faults'), restartable: process, close: () => process.stop() };
}

async function run(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  try {
    await client.connect();
    await client.query(statement);
  } finally {
    await client.end();
  }
}
