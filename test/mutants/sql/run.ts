import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import probeDatabases, { stopServers } from '../../support/probe-databases.js';
import { lineNumber, linesOf, SOURCES, type Mutant, type TriedMutant } from '../mutant.js';
import { sqlMutants } from './find.js';
import { SPECS } from './specs.js';

const JEST = createRequire(import.meta.url).resolve('jest/bin/jest');
/** One after the other: most mutants are noticed on the first, and the next gets what is left. MySQL has the locks of MariaDB. */
const DATABASES = ['PostgreSQL', 'MariaDB'] as const;

/**
 * Drops each term of each condition in SQL, and each lock, one at a time.
 *
 * @param wanted parts of the names of files; none for all
 */
export async function trySqlMutants(wanted: readonly string[]): Promise<TriedMutant[]> {
  const isWanted = ({ file }: Mutant): boolean => wanted.length === 0 || wanted.some((part) => file.includes(part));
  const mutants = sqlMutants().filter(isWanted);
  const specs = new Set(mutants.flatMap(({ file }) => specsOf(file)));
  await probeDatabases();
  try {
    for (const database of DATABASES) {
      if (await isNoticed(null, [...specs], database))
        throw new Error(`The tests on ${database} fail without a mutant.`);
    }
    const tried: TriedMutant[] = [];
    for (const mutant of mutants) {
      const noticedOn = await whereNoticed(mutant);
      process.stdout.write(`${noticedOn ?? 'SURVIVED'} ${mutant.file}:${lineNumber(mutant)} ${linesOf(mutant).is}\n`);
      tried.push({ ...mutant, noticed: noticedOn !== null });
    }
    return tried;
  } finally {
    await stopServers();
  }
}

async function whereNoticed(mutant: Mutant): Promise<string | null> {
  for (const database of DATABASES) if (await isNoticed(mutant, specsOf(mutant.file), database)) return database;
  return null;
}

async function isNoticed(mutant: Mutant | null, specs: readonly string[], database: string): Promise<boolean> {
  const args = ['--config=test/mutants/sql/jest.config.js', '--runInBand', '-t', `on ${database}`, ...specs];
  const child = spawn(process.execPath, ['--experimental-vm-modules', JEST, ...args], {
    env: { ...process.env, MUTANT: JSON.stringify(mutant), NODE_OPTIONS: '--disable-warning=ExperimentalWarning' },
    stdio: mutant === null ? 'inherit' : 'ignore',
  });
  const endWithThis = (): void => void child.kill('SIGTERM');
  process.once('exit', endWithThis);
  await once(child, 'exit');
  process.off('exit', endWithThis);
  return child.exitCode !== 0;
}

function specsOf(file: string): readonly string[] {
  const specs = SPECS[file.slice(SOURCES.length)];
  if (specs === undefined) throw new Error(`test/mutants/sql/specs.ts must say which specs belong to ${file}.`);
  return specs.map((spec) => `test/${spec}.spec.ts`);
}
