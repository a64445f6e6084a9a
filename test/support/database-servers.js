// JavaScript, because Jest loads it before it can load TypeScript modules.
import mysql from 'mysql2/promise';
import pg from 'pg';

/** @typedef {'PGlite' | 'MariaDB' | 'PostgreSQL'} DatabaseKind */
/** @typedef {'MariaDB' | 'PostgreSQL'} ServerKind */

/** @type {readonly ServerKind[]} */
export const SERVER_KINDS = ['MariaDB', 'PostgreSQL'];

/**
 * The databases that every test of the whole line runs on.
 * @type {readonly DatabaseKind[]}
 */
export const DATABASE_KINDS = ['PGlite', ...SERVER_KINDS];

/** The variable with the names of the servers that the tests cannot reach. */
export const UNREACHABLE = 'OCTO_WEBHOOKS_TEST_UNREACHABLE';

const URLS = {
  MariaDB: { variable: 'TEST_MYSQL_URL', byDefault: 'mysql://root@127.0.0.1:3306/test' },
  PostgreSQL: { variable: 'TEST_POSTGRES_URL', byDefault: 'postgres://postgres@127.0.0.1:5432/test' },
};

/**
 * The environment variable, and where the server is looked for.
 * @param {ServerKind} kind
 */
export function serverUrl(kind) {
  const { variable, byDefault } = URLS[kind];
  return { variable, url: process.env[variable] ?? byDefault };
}

/**
 * Runs one statement on a server, outside of any database of the tests.
 * @param {ServerKind} kind
 * @param {string} statement
 */
export async function runOnServer(kind, statement) {
  const { url } = serverUrl(kind);
  if (kind === 'MariaDB') {
    const connection = await mysql.createConnection({ uri: url, connectTimeout: 5000 });
    await connection.query(statement);
    await connection.end();
  } else {
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000 });
    await client.connect();
    await client.query(statement);
    await client.end();
  }
}
