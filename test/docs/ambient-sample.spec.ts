import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { describeOnDatabases, useTestDatabase } from '../support/each-database.js';

const TYPESCRIPT = new URL('../support/typescript-hooks.js', import.meta.url).href;
const SAMPLE = fileURLToPath(new URL('ambient-sample.ts', import.meta.url));

describeOnDatabases(
  'The sample of a transaction that is found automatically',
  (kind) => {
    const database = useTestDatabase(kind);

    it('an event is written in it, and refused outside of it', async () => {
      // The child must not inherit Jest's flags.
      const { NODE_OPTIONS: _, ...env } = process.env;
      const args = ['--import', TYPESCRIPT, SAMPLE, database.url];
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      // Nest may have warned before.
      expect(JSON.parse(stdout.split('\n').at(-1) ?? '')).toMatchObject({
        before: { had: { status: 'CONFIRMED' } },
        after: { status: 'REDEEMED' },
        outside: 'TransactionRequiredError',
      });
    });
  },
  ['MySQL', 'MariaDB'],
);
