import { Buffer } from 'node:buffer';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { connect as connectTcp } from 'node:net';
import os from 'node:os';
import mysql from 'mysql2/promise';
import pg from 'pg';
import { serverUrl } from '../../support/database-servers.js';

const REDIS_SETTINGS = ['appendonly', 'appendfsync', 'save'];
const MYSQL_SETTINGS = ['innodb_flush_log_at_trx_commit', 'sync_binlog', 'log_bin', 'innodb_buffer_pool_size'];
const POSTGRES_SETTINGS = ['fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers'];
const PACKAGES = [
  'nestjs-octo-webhooks',
  '@nestjs/core',
  'typeorm',
  'mysql2',
  'pg',
  'bullmq',
  'ioredis',
  'graphile-worker',
  'axios',
  'undici',
];

/** Where Redis is. */
export const REDIS_URL = process.env['TEST_REDIS_URL'] ?? 'redis://127.0.0.1:6379';

/** @typedef {import('../../support/database-servers.js').ServerKind} ServerKind */
/** @typedef {Awaited<ReturnType<typeof machine>>} Machine */

/**
 * The conditions of the measurement: machine, versions, and how durable the servers are.
 *
 * @param {readonly ServerKind[]} kinds the servers that are there
 */
export async function machine(kinds) {
  const [cpu] = os.cpus();
  return {
    date: new Date().toISOString(),
    cpu: `${os.cpus().length} x ${cpu?.model ?? 'unknown'}`,
    memory: `${Math.round(os.totalmem() / 2 ** 30)} GiB`,
    system: `${os.type()} ${os.release()}`,
    node: process.version,
    packages: versions(),
    ...(kinds.includes('MySQL') ? { mysql: await ofMysql('MySQL') } : {}),
    mariadb: await ofMysql('MariaDB'),
    postgresql: await postgresql(),
    redis: await redis(),
    loadBefore: os.loadavg()[0]?.toFixed(1) ?? '',
  };
}

function versions() {
  // The peers first, as their scripts find them.
  const require = createRequire(new URL('../contenders/peers/', import.meta.url));
  return Object.fromEntries(PACKAGES.map((name) => [name, versionOf(require, name)]));
}

/**
 * @param {NodeJS.Require} require
 * @param {string} name
 */
function versionOf(require, name) {
  for (const folder of require.resolve.paths(name) ?? []) {
    try {
      return String(JSON.parse(readFileSync(`${folder}/${name}/package.json`, 'utf8')).version);
    } catch {
      // It may be in the next folder.
    }
  }
  return 'not found';
}

/** @param {ServerKind} kind MySQL or MariaDB */
async function ofMysql(kind) {
  const connection = await mysql.createConnection({ uri: serverUrl(kind).url });
  try {
    const [rows] = await connection.query(
      `SELECT VERSION() AS version, ${MYSQL_SETTINGS.map((name) => `@@${name} AS ${name}`)}`,
    );
    return text(/** @type {Record<string, unknown>[]} */ (rows)[0] ?? {});
  } finally {
    await connection.end();
  }
}

async function postgresql() {
  const client = new pg.Client({ connectionString: serverUrl('PostgreSQL').url });
  await client.connect();
  try {
    const settings = POSTGRES_SETTINGS.map((name) => `current_setting('${name}') AS ${name}`);
    const { rows } = await client.query(`SELECT current_setting('server_version') AS version, ${settings}`);
    return text(rows[0] ?? {});
  } finally {
    await client.end();
  }
}

/** Asks in Redis' own protocol, so that no client is needed. */
async function redis() {
  const { hostname, port } = new URL(REDIS_URL);
  const socket = connectTcp(Number(port) || 6379, hostname);
  const commands = ['INFO server', ...REDIS_SETTINGS.map((name) => `CONFIG GET ${name}`)];
  socket.end([...commands, 'QUIT', ''].join('\r\n'));
  const chunks = await socket.toArray();
  const lines = Buffer.concat(chunks).toString().split('\r\n');
  const valueAfter = (/** @type {string} */ name) => lines[lines.indexOf(name) + 2] || "''";
  const version = lines.find((line) => line.startsWith('redis_version:'))?.slice('redis_version:'.length) ?? 'unknown';
  return text({ version, ...Object.fromEntries(REDIS_SETTINGS.map((name) => [name, valueAfter(name)])) });
}

/** @param {Readonly<Record<string, unknown>>} settings */
function text({ version, ...settings }) {
  return [version, ...Object.entries(settings).map(([name, value]) => `${name}=${value}`)].join(', ');
}
