// `npm run test:mutants`: do the tests notice a change of the code? Arguments are `pure` or `sql`, and parts of names of files.
import { tryPureMutants } from './pure/run.js';
import { reported } from './report.js';
import { trySqlMutants } from './sql/run.js';

const PARTS = { pure: tryPureMutants, sql: trySqlMutants };

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const asked = process.argv.slice(2);
const names = Object.keys(PARTS);
const wanted = asked.filter((argument) => !names.includes(argument));
for (const [name, run] of Object.entries(PARTS)) {
  if (asked.some((argument) => names.includes(argument)) && !asked.includes(name)) continue;
  const { text, isEnough } = reported(name, await run(wanted));
  process.stdout.write(`\n${text}\n`);
  if (!isEnough) process.exitCode = 1;
}
