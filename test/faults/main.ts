// `npm run test:faults`: kills, restarts and cuts on MySQL, MariaDB and PostgreSQL, and a ledger of what arrived nevertheless.
// Names of databases as arguments run only those.
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SERVER_KINDS, type ServerKind } from '../support/database-servers.js';
import { hasPassed, report } from './report/report.js';
import { runFaults } from './run/fault-run.js';
import { reasonToLeaveOut } from './servers/start-database-server.js';

const asked = process.argv.slice(2);
const kinds = SERVER_KINDS.filter((kind) => asked.length === 0 || asked.includes(kind));

async function runOn(kind: ServerKind): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), 'octo-faults-'));
  // A database server runs as a user of its own, who must be able to open its folder in this one.
  await chmod(folder, 0o755);
  const startedAt = Date.now();
  const tell = (line: string): void => {
    process.stdout.write(`${kind}, after ${Math.round((Date.now() - startedAt) / 1000)} s: ${line}\n`);
  };
  const run = await runFaults(kind, folder, tell);
  tell('done');
  process.stdout.write(`\n${report(run)}\n`);
  const passed = hasPassed(run);
  if (passed) await rm(folder, { recursive: true });
  else process.stdout.write(`Journals and logs are kept in ${folder}\n\n`);
  return passed;
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

for (const kind of kinds) {
  const reason = await reasonToLeaveOut(kind);
  if (reason === null) {
    if (!(await runOn(kind))) process.exitCode = 1;
  } else {
    process.stderr.write(`\n!!! The fault tests on ${kind} are LEFT OUT (${reason}).\n\n`);
    // Whoever names a database wants it to be tested.
    if (asked.length > 0) process.exitCode = 1;
  }
}
