// `npm run test:matrix`: the tests on the ends of the range of servers and under other versions of Node. It is too long for each
// change. Arguments are names of combinations, such as 'PostgreSQL 14', and whatever Jest takes, such as paths of specs.
import { COMBINATIONS, type Combination } from './combinations.js';
import { NotFetchedError } from './fetched-package.js';
import { outcomeTable, type Outcome } from './outcome.js';

const asked = process.argv.slice(2);
const names = COMBINATIONS.map(({ name }) => name);
const named = asked.filter((argument) => names.includes(argument));
const forJest = asked.filter((argument) => !names.includes(argument));

async function outcomeOf({ name, run }: Combination): Promise<Outcome> {
  process.stdout.write(`\n=== ${name}\n\n`);
  const startedAt = Date.now();
  const seconds = (): number => Math.round((Date.now() - startedAt) / 1000);
  try {
    return { name, ...(await run(forJest)), seconds: seconds() };
  } catch (error) {
    const leftOut = error instanceof NotFetchedError;
    process.stderr.write(`\n!!! ${name} ${leftOut ? 'is LEFT OUT' : 'has FAILED'}: ${String(error)}\n`);
    const result = leftOut ? 'left out' : 'failed';
    return { name, version: '', passed: 0, failed: 0, skipped: 0, result, seconds: seconds() };
  }
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const outcomes: Outcome[] = [];
for (const combination of COMBINATIONS) {
  if (named.length === 0 || named.includes(combination.name)) outcomes.push(await outcomeOf(combination));
}
process.stdout.write(`\n${outcomeTable(outcomes)}\n`);
if (outcomes.some(({ result }) => result === 'failed')) process.exitCode = 1;
