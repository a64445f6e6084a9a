import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { accountFor, findBinary } from './binaries.js';
import type { DatabaseServer } from './database-server.js';
import { freePort } from './free-port.js';
import { ServerProcess } from './server-process.js';

/** A PostgreSQL cluster in a folder of its own; null when its programs are not installed. */
export async function ownPostgres(folder: string): Promise<DatabaseServer | null> {
  const server = findBinary('postgres');
  const initdb = findBinary('initdb');
  const account = accountFor('postgres');
  if (server === null || initdb === null || account === null) return null;

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
