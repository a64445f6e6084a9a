import { checkServer, serverUrl, UNREACHABLE } from './database-servers.js';
import { provideMysql, QUICK } from './servers/own-mysql.js';

/** @typedef {import('./database-servers.js').ServerKind} ServerKind */

/** How to end the server that was started for this run; `stop-databases.js` does so. */
export let stopServers = () => Promise.resolve();

/** Looks once, before all tests, which database servers are there, and starts a MySQL unless there is one. */
export default async function probeDatabases() {
  const required = await unreachableOf(['MariaDB', 'PostgreSQL']);
  if (required.length > 0 && process.env.CI === 'true') {
    throw new Error(`With CI=true every database but MySQL must be reachable; missing: ${required.join(', ')}.`);
  }
  try {
    stopServers = await provideMysql(QUICK);
    process.env[UNREACHABLE] = [...required, ...(await unreachableOf(['MySQL']))].join(',');
  } catch (error) {
    // A mirror that is not reachable must not hold up any change, so this is no failure with CI=true either.
    warn('MySQL', `cannot be started (${String(error)})`);
    process.env[UNREACHABLE] = [...required, 'MySQL'].join(',');
  }
}

/**
 * Reports those that cannot be used.
 *
 * @param {readonly ServerKind[]} kinds
 */
async function unreachableOf(kinds) {
  /** @type {ServerKind[]} */
  const unreachable = [];
  for (const kind of kinds) {
    try {
      await checkServer(kind);
    } catch (error) {
      unreachable.push(kind);
      warn(kind, `is not reachable (${String(error)})`);
    }
  }
  return unreachable;
}

/**
 * @param {ServerKind} kind
 * @param {string} problem
 */
function warn(kind, problem) {
  process.stderr.write(
    `\n!!! ${kind} ${problem}. Start it, or set ${serverUrl(kind).variable} to where it is.\n` +
      `!!! The tests on ${kind} are LEFT OUT and named at the end.\n\n`,
  );
}
