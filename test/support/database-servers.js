// JavaScript, because Jest loads it before it can load TypeScript modules.
import mysql from 'mysql2/promise';
import pg from 'pg';

/** @typedef {'PGlite' | 'MySQL' | 'MariaDB' | 'PostgreSQL'} DatabaseKind */
/** @typedef {'MySQL' | 'MariaDB' | 'PostgreSQL'} ServerKind */

/** @type {readonly ServerKind[]} */
export const SERVER_KINDS = ['MySQL', 'MariaDB', 'PostgreSQL'];

/**
 * The databases that every test of the whole line runs on.
 * @type {readonly DatabaseKind[]}
 */
export const DATABASE_KINDS = ['PGlite', ...SERVER_KINDS];

/** The variable with the names of the servers that the tests cannot reach. */
export const UNREACHABLE = 'OCTO_WEBHOOKS_TEST_UNREACHABLE';

/** The variable that says where MySQL is. Where nothing says so, the tests start a server of their own. */
export const URL_OF_MYSQL = 'TEST_MYSQL_URL';

/**
 * The scheme is the type of the data source, so that both `mysql` and `mariadb` are tested.
 *
 * @type {Record<ServerKind, { variable: string, scheme: string, byDefault: string }>}
 */
const URLS = {
  MySQL: { variable: URL_OF_MYSQL, scheme: 'mysql:', byDefault: '' },
  MariaDB: { variable: 'TEST_MARIADB_URL', scheme: 'mariadb:', byDefault: 'mariadb://root@127.0.0.1:3306/test' },
  PostgreSQL: {
    variable: 'TEST_POSTGRES_URL',
    scheme: 'postgres:',
    byDefault: 'postgres://postgres@127.0.0.1:5432/test',
  },
};

/**
 * The environment variable, and where the server is looked for. The URL is empty where there is none.
 *
 * @param {ServerKind} kind
 */
export function serverUrl(kind) {
  const { variable, scheme, byDefault } = URLS[kind];
  const given = process.env[variable] ?? byDefault;
  return { variable, url: given.replace(/^\w+:/, scheme) };
}

/**
 * Runs one statement on a server, outside of any database of the tests.
 *
 * @param {ServerKind} kind
 * @param {string} statement
 */
export async function runOnServer(kind, statement) {
  await rowsOf(kind, statement);
}

/**
 * Fails if a server cannot be reached, or is not of this kind: with one of another kind the tests would test the other one twice.
 *
 * @param {ServerKind} kind
 */
export async function checkServer(kind) {
  const { variable, url } = serverUrl(kind);
  if (url === '') throw new Error(`${variable} is empty`);
  const [row] = await rowsOf(kind, 'SELECT VERSION() AS version');
  const version = String(row?.['version']);
  if (kind !== 'PostgreSQL' && version.includes('MariaDB') !== (kind === 'MariaDB')) {
    throw new Error(`the server there is ${version}`);
  }
}

/**
 * @param {ServerKind} kind
 * @param {string} statement
 * @returns {Promise<Record<string, unknown>[]>}
 */
async function rowsOf(kind, statement) {
  const { url } = serverUrl(kind);
  if (kind === 'PostgreSQL') {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
    await client.connect();
    const { rows } = await client.query(statement);
    await client.end();
    return rows;
  }
  const connection = await mysql.createConnection({ uri: url, connectTimeout: 5000 });
  const [rows] = await connection.query(statement);
  await connection.end();
  return /** @type {Record<string, unknown>[]} */ (rows);
}
