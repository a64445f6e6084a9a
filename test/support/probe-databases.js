import { runOnServer, SERVER_KINDS, serverUrl, UNREACHABLE } from './database-servers.js';

/** Looks once, before all tests, which database servers are there. */
export default async function probeDatabases() {
  /** @type {string[]} */
  const unreachable = [];
  for (const kind of SERVER_KINDS) {
    try {
      await runOnServer(kind, 'SELECT 1');
    } catch (error) {
      unreachable.push(kind);
      const { variable } = serverUrl(kind);
      process.stderr.write(
        `\n!!! ${kind} is not reachable (${String(error)}). Start it, or set ${variable} to where it is.\n` +
          `!!! The tests on ${kind} are LEFT OUT and named at the end.\n\n`,
      );
    }
  }
  if (unreachable.length > 0 && process.env.CI === 'true') {
    throw new Error(`With CI=true every database must be reachable; missing: ${unreachable.join(', ')}.`);
  }
  process.env[UNREACHABLE] = unreachable.join(',');
}
