import { randomBytes } from 'node:crypto';
import { describe } from '@jest/globals';
import {
  DATABASE_KINDS,
  runOnServer,
  SERVER_KINDS,
  serverUrl,
  UNREACHABLE,
  type DatabaseKind,
  type ServerKind,
} from './database-servers.js';
import { useResource, type Span } from './resources.js';

/** A database of one test file's own. */
export interface TestDatabase {
  readonly kind: DatabaseKind;
  /** As the example platform takes it in `DATABASE_URL`. */
  readonly url: string;
  drop(): Promise<void>;
}

/** Makes an empty database; in memory for PGlite, on the server else. */
export async function createTestDatabase(kind: DatabaseKind): Promise<TestDatabase> {
  if (kind === 'PGlite') return { kind, url: 'pglite:memory', drop: () => Promise.resolve() };
  const name = `octo_test_${randomBytes(6).toString('hex')}`;
  await runOnServer(kind, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl(kind).url);
  url.pathname = `/${name}`;
  return { kind, url: url.href, drop: () => runOnServer(kind, dropStatement(kind, name)) };
}

/** A database that exists while tests run. */
export type UsedDatabase = Pick<TestDatabase, 'url'>;

/** Makes a database before the tests, and drops it after them. */
export function useTestDatabase(kind: DatabaseKind, per: Span = 'group'): UsedDatabase {
  let url: string | null = null;
  useResource(per, async () => {
    const database = await createTestDatabase(kind);
    ({ url } = database);
    return () => database.drop();
  });
  return {
    get url() {
      if (url === null) throw new Error('The database is made before the first test, and not earlier.');
      return url;
    },
  };
}

/** Runs a group of tests on each of the given databases; those that are not reachable are reported as left out. */
export function describeOnDatabases(
  title: string,
  tests: (kind: DatabaseKind) => void,
  kinds: readonly DatabaseKind[] = DATABASE_KINDS,
): void {
  const unreachable = (process.env[UNREACHABLE] ?? '').split(',');
  for (const kind of kinds) {
    const group = unreachable.includes(kind) ? describe.skip : describe;
    group(`${title} on ${kind}`, () => tests(kind));
  }
}

/** Runs a group of tests on each database server; on PGlite where there is none. */
export function describeOnServers(title: string, tests: (kind: DatabaseKind) => void): void {
  const unreachable = (process.env[UNREACHABLE] ?? '').split(',');
  const reachable = SERVER_KINDS.some((kind) => !unreachable.includes(kind));
  describeOnDatabases(title, tests, reachable ? SERVER_KINDS : [...SERVER_KINDS, 'PGlite']);
}

function dropStatement(kind: ServerKind, name: string): string {
  // A connection that a killed process left behind must not keep the database alive.
  return kind === 'PostgreSQL' ? `DROP DATABASE ${name} WITH (FORCE)` : `DROP DATABASE ${name}`;
}
