import { serverUrl, type ServerKind } from '../../support/database-servers.js';
import type { DatabaseServer } from './database-server.js';
import { ownMariaDb } from './mariadb.js';
import { missingMySql, ownMySql } from './mysql.js';
import { installedPostgres, ownPostgres } from './postgres.js';
import { usualServer } from './usual-server.js';

/** Starts a server in a folder, or uses the usual server of the tests if its programs are missing. */
export async function startDatabaseServer(kind: ServerKind, folder: string): Promise<DatabaseServer> {
  return (await ownServer(kind, folder)) ?? (await usualServer(kind));
}

/** Why a kind is left out; null when it is not. Only MySQL may be: most machines have to fetch it. */
export async function reasonToLeaveOut(kind: ServerKind): Promise<string | null> {
  if (kind !== 'MySQL') return null;
  const { variable, url } = serverUrl(kind);
  if (url !== '') return null;
  return process.env[variable] === undefined ? missingMySql() : `${variable} is empty`;
}

async function ownServer(kind: ServerKind, folder: string): Promise<DatabaseServer | null> {
  if (kind === 'MariaDB') return ownMariaDb(folder);
  if (kind === 'PostgreSQL') {
    const programs = installedPostgres();
    return programs && ownPostgres(folder, programs);
  }
  // One that is named is used, although it cannot be restarted: the programs would have to be fetched.
  return serverUrl(kind).url === '' ? ownMySql(folder) : null;
}
