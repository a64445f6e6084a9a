import { fork } from 'node:child_process';
import { once } from 'node:events';
import { clearTimeout } from 'node:timers';
import { URL_OF_MYSQL } from '../database-servers.js';

/** @typedef {import('./mysql-process.js').Message} Message */
/** @typedef {import('node:child_process').ChildProcess} ChildProcess */

/** More than fetching and starting it may take. */
const START_WITHIN_MS = 300_000;

/**
 * For tests, whose server is never killed: nothing is forced to disk, and what only watches the server is left out.
 *
 * @type {readonly string[]}
 */
export const QUICK = [
  '--innodb-flush-log-at-trx-commit=0',
  '--innodb-doublewrite=OFF',
  '--performance-schema=OFF',
  '--innodb-buffer-pool-size=256M',
];

/**
 * Starts a MySQL for this process and those that it starts, and sets `TEST_MYSQL_URL`. If that is set already, nothing is started.
 *
 * @param {readonly string[]} settings
 * @returns {Promise<() => Promise<void>>} ends what was started
 */
export async function provideMysql(settings) {
  if (process.env[URL_OF_MYSQL] !== undefined) return () => Promise.resolve();
  const child = fork(new URL('mysql-process.js', import.meta.url), settings, {
    // Ctrl-C is for the tests. This process must live on until it has removed the files of the server.
    detached: true,
    execArgv: [],
    // Jest's flags are not the child's.
    env: { ...process.env, NODE_OPTIONS: '' },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  // A process that fails before it ends the server must not wait for it.
  child.unref();
  const end = async () => {
    const ended = once(child, 'exit');
    child.ref();
    if (child.connected) child.disconnect();
    await ended;
    Reflect.deleteProperty(process.env, URL_OF_MYSQL);
  };
  try {
    const uri = await uriOf(child);
    child.channel?.unref();
    process.env[URL_OF_MYSQL] = uri;
    return end;
  } catch (error) {
    if (child.exitCode === null) await end();
    throw error;
  }
}

/**
 * @param {ChildProcess} child
 * @returns {Promise<string>}
 */
function uriOf(child) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`it took more than ${START_WITHIN_MS / 1000} s`)), START_WITHIN_MS);
    const over = (/** @type {() => void} */ settle) => {
      clearTimeout(timer);
      settle();
    };
    child.once('error', (error) => over(() => reject(error)));
    child.once('exit', (code) => over(() => reject(new Error(`its process ended with code ${code}`))));
    child.on('message', (/** @type {Message} */ message) => {
      if ('say' in message) process.stderr.write(`\n!!! ${message.say}\n`);
      else if ('uri' in message) over(() => resolve(message.uri));
      else over(() => reject(new Error(message.problem)));
    });
  });
}
