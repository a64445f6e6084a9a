// A MySQL for as long as the process lives that forked this one: however that ends, the server and its files go.
import { mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mysqlProgram, startMysql } from './mysql.js';

/** @typedef {{ uri: string } | { say: string } | { problem: string }} Message */

const folder = await mkdtemp(join(await realpath(tmpdir()), 'octo-mysql-'));
/** @type {import('./server-process.js').ServerProcess | null} */
let server = null;

async function end() {
  await server?.kill();
  await rm(folder, { recursive: true, force: true });
  process.exit();
}

/** @param {Message} message */
function send(message) {
  process.send?.(message);
}

/**
 * An error's message and that of its cause.
 *
 * @param {unknown} error
 */
function messagesOf(error) {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message} (${error.cause.message})` : error.message;
}

process.once('disconnect', end);
try {
  const program = await mysqlProgram((line) => send({ say: line }));
  const started = await startMysql(folder, program, process.argv.slice(2));
  server = started.server;
  send({ uri: started.uri });
} catch (error) {
  const log = await readFile(join(folder, 'mysql.log'), 'utf8').catch(() => '');
  const lastLines = log.split('\n').slice(-5).join('\n');
  send({ problem: `${messagesOf(error)}\n${lastLines}`.trim() });
}
