import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { PGLiteSocketServer } from '@electric-sql/pglite-socket';

/**
 * Starts PostgreSQL inside this process, in memory. It uses one connection, because PGlite mixes up the queries of
 * several.
 */
export async function connect() {
  const host = await mkdtemp(join(tmpdir(), 'minimal-'));
  await new PGLiteSocketServer({ db: await PGlite.create(), path: join(host, '.s.PGSQL.5432') }).start();
  return { type: 'postgres', host, username: 'postgres', database: 'postgres', poolSize: 1 } as const;
}
