// The only place of the benchmark that knows the library's tables: what fan-out would have left there, written in bulk.
import { Buffer } from 'node:buffer';
import { NIL, v7 as uuidv7 } from 'uuid';
import { deliveryBody } from '../work/booking.js';

/** @typedef {import('typeorm').DataSource} DataSource */
/** @typedef {Record<string, string | number | boolean | null>} Row */

const TABLES = [
  'octo_webhook',
  'octo_webhook_connection',
  'octo_webhook_event',
  'octo_webhook_payload',
  'octo_webhook_delivery',
  'octo_webhook_attempt',
];
const SUPPLIER = 'supplier-1';
const SIGNING_SECRETS = JSON.stringify([
  { secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}`, expiresAt: null },
]);
const ROWS_AT_ONCE = 500;
const CHARACTERS_AT_ONCE = 2 * 1024 * 1024;
const STATEMENTS_AT_ONCE = 4;

/**
 * Empties the library's tables.
 *
 * @param {DataSource} dataSource
 */
export async function clear(dataSource) {
  for (const table of TABLES) await dataSource.query(`TRUNCATE TABLE ${table}`);
}

/**
 * Subscribes a webhook for each URL, by default for connections of their own: `connection-0` and so on.
 *
 * @param {DataSource} dataSource
 * @param {readonly string[]} urls
 * @param {{ event?: string, capabilities?: (index: number) => string[], connectionOf?: (index: number) => string }} [options]
 * @returns {Promise<string[]>} the ids of the webhooks
 */
export async function seedWebhooks(
  dataSource,
  urls,
  { event = 'booking_update', capabilities = () => [], connectionOf = (index) => `connection-${index}` } = {},
) {
  const now = Date.now();
  const rows = urls.map((url, index) => ({
    id: uuidv7(),
    connection_id: connectionOf(index),
    supplier_id: SUPPLIER,
    event,
    url,
    capabilities: JSON.stringify(capabilities(index)),
    use_contact_language: true,
    headers: '{}',
    retry_on_error: true,
    active: true,
    signing_secrets: SIGNING_SECRETS,
    created_at: now,
    updated_at: now,
    circuit_openings: 0,
  }));
  await insert(dataSource, 'octo_webhook', rows);
  await insert(
    dataSource,
    'octo_webhook_connection',
    rows.map(({ id, connection_id }) => ({ webhook_id: id, connection_id })),
  );
  return rows.map(({ id }) => id);
}

/**
 * Inserts due deliveries, spread evenly over webhooks. Each is about a booking of its own.
 *
 * @param {DataSource} dataSource
 * @param {readonly string[]} webhookIds
 * @param {number} count
 * @param {{ kilobytes?: number, deliveriesPerPayload?: number }} [options] one payload may serve several deliveries, as it
 * does where an event goes to several webhooks
 */
export async function seedDeliveries(dataSource, webhookIds, count, { kilobytes = 3, deliveriesPerPayload = 1 } = {}) {
  const now = Date.now();
  for (let from = 0; from < count; from += 50_000) {
    const payloads = [];
    const deliveries = [];
    let payload = { id: '', resource: '' };
    for (let index = from; index < Math.min(count, from + 50_000); index += 1) {
      if (index % deliveriesPerPayload === 0 || payload.id === '') {
        payload = { id: uuidv7(), resource: uuidv7() };
        payloads.push(payloadRow(payload.id, payload.resource, kilobytes, now));
      }
      const webhookId = webhookIds[index % webhookIds.length] ?? '';
      deliveries.push(deliveryRow(webhookId, payload, index + 1, now));
    }
    await insert(dataSource, 'octo_webhook_payload', payloads);
    await insert(dataSource, 'octo_webhook_delivery', deliveries);
  }
  // A database that has held these rows for a while would have done so automatically.
  for (const table of ['octo_webhook_payload', 'octo_webhook_delivery'])
    await dataSource.query(analyze(dataSource, table));
}

/**
 * How many deliveries are recorded as delivered.
 *
 * @param {DataSource} dataSource
 */
export async function deliveredCount(dataSource) {
  const [row] = await dataSource.query(
    "SELECT COUNT(*) AS delivered FROM octo_webhook_delivery WHERE status = 'delivered'",
  );
  return Number(row.delivered);
}

/**
 * @param {string} id
 * @param {string} resource
 * @param {number} kilobytes
 * @param {number} now
 * @returns {Row}
 */
function payloadRow(id, resource, kilobytes, now) {
  return {
    id,
    event_id: resource,
    capabilities: '[]',
    language: null,
    body: JSON.stringify(deliveryBody(resource, kilobytes)),
    created_at: now,
  };
}

/**
 * @param {string} webhookId
 * @param {{ id: string, resource: string }} payload
 * @param {number} sequence
 * @param {number} now
 * @returns {Row}
 */
function deliveryRow(webhookId, payload, sequence, now) {
  return {
    id: uuidv7(),
    webhook_id: webhookId,
    payload_id: payload.id,
    event_sequence: sequence,
    resource_key: `booking_update\t${payload.resource}`,
    status: 'pending',
    due_at: now,
    lease_token: NIL,
    attempts: 0,
    created_at: now,
    settled_at: null,
    trigger_request_id: null,
  };
}

/**
 * @param {DataSource} dataSource
 * @param {string} table
 * @param {readonly Row[]} rows
 */
async function insert(dataSource, table, rows) {
  const statements = chunks(rows);
  const work = async () => {
    for (let next = statements.next(); next.done !== true; next = statements.next()) {
      await insertChunk(dataSource, table, next.value);
    }
  };
  await Promise.all(Array.from({ length: STATEMENTS_AT_ONCE }, work));
}

/**
 * @param {DataSource} dataSource
 * @param {string} table
 * @param {readonly Row[]} rows
 */
async function insertChunk(dataSource, table, rows) {
  const columns = Object.keys(rows[0] ?? {});
  const isPostgres = dataSource.options.type === 'postgres';
  let number = 0;
  const placeholder = () => (isPostgres ? `$${(number += 1)}` : '?');
  const values = rows.map(() => `(${columns.map(placeholder).join(', ')})`).join(', ');
  await dataSource.query(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES ${values}`,
    rows.flatMap((row) => columns.map((column) => row[column])),
  );
}

/** @param {readonly Row[]} rows */
function* chunks(rows) {
  /** @type {Row[]} */
  let chunk = [];
  let characters = 0;
  for (const row of rows) {
    if (chunk.length === ROWS_AT_ONCE || characters > CHARACTERS_AT_ONCE) {
      yield chunk;
      [chunk, characters] = [[], 0];
    }
    chunk.push(row);
    characters += String(row['body'] ?? '').length;
  }
  if (chunk.length > 0) yield chunk;
}

/**
 * @param {DataSource} dataSource
 * @param {string} table
 */
function analyze(dataSource, table) {
  return dataSource.options.type === 'postgres' ? `ANALYZE ${table}` : `ANALYZE TABLE ${table}`;
}
