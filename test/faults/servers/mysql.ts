import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { mysqlProgram, startMysql } from '../../support/servers/mysql.js';
import type { DatabaseServer } from './database-server.js';

/** Why the machine has no MySQL and none can be fetched; null when there is one. */
export async function missingMySql(): Promise<string | null> {
  try {
    await mysqlProgram(tell);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** A MySQL in a folder of its own. */
export async function ownMySql(folder: string): Promise<DatabaseServer> {
  const home = join(folder, 'mysql');
  await mkdir(home);
  const program = await mysqlProgram(tell);
  // A killed process loses nothing that it has given to the kernel; only a power cut would.
  const { uri, server } = await startMysql(home, program, ['--innodb-flush-log-at-trx-commit=2']);
  const connection = await mysql.createConnection({ uri });
  await connection.query('CREATE DATABASE faults');
  await connection.end();
  return { kind: 'MySQL', url: `${uri}/faults`, restartable: server, close: () => server.stop() };
}

function tell(line: string): void {
  process.stdout.write(`${line}\n`);
}
