import { randomBytes } from 'node:crypto';
import { runOnServer, serverUrl, type ServerKind } from '../../support/database-servers.js';
import type { DatabaseServer } from './database-server.js';

/** A database on the server that the other tests use. This run must not restart it, but the proxy can cut its connections. */
export async function usualServer(kind: ServerKind): Promise<DatabaseServer> {
  const name = `octo_faults_${randomBytes(6).toString('hex')}`;
  await runOnServer(kind, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl(kind).url);
  url.pathname = `/${name}`;
  const drop = `DROP DATABASE ${name}${kind === 'PostgreSQL' ? ' WITH (FORCE)' : ''}`;
  return { kind, url: url.href, restartable: null, close: () => runOnServer(kind, drop) };
}
