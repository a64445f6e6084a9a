import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { freePort } from './free-port.js';
import { packagedMysql } from './mysql-package.js';
import { findProgram } from './programs.js';
import { ServerProcess } from './server-process.js';

const run = promisify(execFile);

/** @typedef {import('./mysql-package.js').Program} Program */

/**
 * MySQL's server: the one of this machine, or else the one of Debian's package.
 *
 * @param {(line: string) => void} say told when it has to be fetched
 * @returns {Promise<Program>}
 */
export async function mysqlProgram(say) {
  const program = findProgram('mysqld');
  if (program === null || (await isMariaDb(program))) return packagedMysql(say);
  return { program, args: ['--no-defaults'] };
}

/**
 * Starts a MySQL in a folder, with an administrator `root` who needs no password, reachable from this machine only.
 *
 * @param {string} folder
 * @param {Program} program
 * @param {readonly string[]} settings
 */
export async function startMysql(folder, { program, args }, settings) {
  const data = join(folder, 'data');
  // As root it must be told to run as root: nothing but a test uses it.
  const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];
  // A package of MySQL names a folder for files of SQL statements, and a server does not start where it is missing.
  const always = [...args, ...asRoot, `--datadir=${data}`, '--secure-file-priv=NULL'];
  await run(program, [...always, '--initialize-insecure', `--log-error=${join(folder, 'initialize.log')}`]);
  const port = await freePort();
  const uri = `mysql://root@127.0.0.1:${port}`;
  const server = new ServerProcess({
    program,
    args: [
      ...always,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--mysqlx=OFF',
      `--socket=${join(folder, 'socket')}`,
      `--pid-file=${join(folder, 'pid')}`,
      '--skip-log-bin',
      '--max-connections=500',
      ...settings,
    ],
    account: {},
    logFile: join(folder, 'mysql.log'),
    fastShutdown: 'SIGTERM',
    answers: () => answersFrom(uri, data),
  });
  await server.start();
  return { uri, server };
}

/**
 * Another run may have taken the same free port, so the folder of its data is asked for.
 *
 * @param {string} uri
 * @param {string} data
 */
async function answersFrom(uri, data) {
  const connection = await mysql.createConnection({ uri, connectTimeout: 2000 });
  try {
    const [rows] = await connection.query('SELECT @@datadir AS data');
    const found = String(/** @type {{ data: string }[]} */ (rows)[0]?.data);
    if (found !== `${data}/`) throw new Error(`The server on this port has its data in ${found}`);
  } finally {
    connection.destroy();
  }
}

/**
 * MariaDB calls its server `mysqld`, too.
 *
 * @param {string} program
 */
async function isMariaDb(program) {
  return (await run(program, ['--no-defaults', '--version'])).stdout.includes('MariaDB');
}
