import type { ServerKind } from '../../support/database-servers.js';
import type { DatabaseServer } from './database-server.js';
import { ownMariaDb } from './mariadb.js';
import { ownPostgres } from './postgres.js';
import { usualServer } from './usual-server.js';

/** Starts a server in a folder, or uses the usual server of the tests if its programs are missing. */
export async function startDatabaseServer(kind: ServerKind, folder: string): Promise<DatabaseServer> {
  const own = kind === 'MariaDB' ? await ownMariaDb(folder) : await ownPostgres(folder);
  return own ?? (await usualServer(kind));
}
