import { execFile } from 'node:child_process';
import { chown, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { freePort } from '../../support/servers/free-port.js';
import { accountFor, findProgram } from '../../support/servers/programs.js';
import { ServerProcess } from '../../support/servers/server-process.js';
import type { DatabaseServer } from './database-server.js';

/** A MariaDB in a folder of its own; null when its programs are not installed. */
export async function ownMariaDb(folder: string): Promise<DatabaseServer | null> {
  const server = findProgram('mariadbd');
  const install = findProgram('mariadb-install-db');
  const account = accountFor('mysql');
  if (server === null || install === null || account === null) return null;

  const home = join(folder, 'mariadb');
  const data = join(home, 'data');
  await mkdir(data, { recursive: true });
  for (const path of [home, data]) await chown(path, account.uid ?? -1, account.gid ?? -1);
  await promisify(execFile)(
    install,
    ['--no-defaults', '--auth-root-authentication-method=normal', '--skip-test-db', `--datadir=${data}`],
    account,
  );
  const port = await freePort();
  const uri = `mariadb://root@127.0.0.1:${port}`;
  const process = new ServerProcess({
    program: server,
    args: [
      '--no-defaults',
      `--datadir=${data}`,
      `--socket=${join(home, 'socket')}`,
      `--pid-file=${join(home, 'pid')}`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      // A killed process loses nothing that it has given to the kernel; only a power cut would.
      '--innodb-flush-log-at-trx-commit=2',
    ],
    account,
    logFile: join(folder, 'mariadb.log'),
    fastShutdown: 'SIGTERM',
    answers: () => run(uri, 'SELECT 1'),
  });
  await process.start();
  await run(uri, 'CREATE DATABASE faults');
  return { kind: 'MariaDB', url: `${uri}/faults`, restartable: process, close: () => process.stop() };
}

async function run(uri: string, statement: string): Promise<void> {
  const connection = await mysql.createConnection({ uri, connectTimeout: 2000 });
  try {
    await connection.query(statement);
  } finally {
    connection.destroy();
  }
}
