import { webhookEntities, WEBHOOK_MIGRATIONS } from 'nestjs-octo-webhooks';
import { DataSource } from 'typeorm';
import { runOnServer, serverUrl } from '../../support/database-servers.js';
import { benchName } from './names.js';

/** @typedef {import('../../support/database-servers.js').ServerKind} ServerKind */

/**
 * Makes an empty database for the benchmark.
 *
 * @param {ServerKind} kind
 */
export async function createDatabase(kind) {
  const name = benchName();
  await runOnServer(kind, `CREATE DATABASE ${name}`);
  const url = new URL(serverUrl(kind).url);
  url.pathname = `/${name}`;
  const drop = () => runOnServer(kind, `DROP DATABASE ${name}${kind === 'PostgreSQL' ? ' WITH (FORCE)' : ''}`);
  return { kind, url: url.href, drop };
}

/**
 * The options of a host's data source: the defaults of TypeORM and of the drivers.
 *
 * @param {string} url
 * @returns {import('typeorm').DataSourceOptions}
 */
export function dataSourceOptions(url) {
  const [type] = url.split(':');
  if (type === 'mysql' || type === 'mariadb') {
    return { type, url, charset: 'utf8mb4', timezone: 'Z', ...tablesOf(type) };
  }
  return { type: 'postgres', url, ...tablesOf('postgres') };
}

/** @param {import('nestjs-octo-webhooks').WebhookDatabaseType} type */
function tablesOf(type) {
  return { entities: webhookEntities(type), migrations: WEBHOOK_MIGRATIONS };
}

/**
 * Connects to a database and makes the library's tables in it.
 *
 * @param {string} url
 */
export async function connect(url) {
  const dataSource = await new DataSource(dataSourceOptions(url)).initialize();
  await dataSource.runMigrations();
  return dataSource;
}
