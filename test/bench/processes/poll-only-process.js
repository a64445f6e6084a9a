// A queue that a team writes in an afternoon: a table of jobs, and a loop that polls it each second.
import { setInterval } from 'node:timers';
import mysql from 'mysql2/promise';
import { Agent, request } from 'undici';
import { v7 as uuidv7 } from 'uuid';
import { CONCURRENCY } from '../contenders/contender.js';
import { deliveryBody } from '../work/booking.js';
import { pace } from '../work/pace.js';
import { now } from './now.js';
import { serve } from './serve.js';

const POLL_MS = 1000;

/** @type {import('mysql2/promise').Pool} */
let pool;
const dispatcher = new Agent({ pipelining: 1 });

/** @returns {Promise<boolean>} whether there was anything to do */
async function work() {
  const connection = await pool.getConnection();
  try {
    await connection.beginTransaction();
    const [rows] = await connection.query(
      `SELECT id, url, body FROM bench_job ORDER BY id LIMIT ${CONCURRENCY} FOR UPDATE SKIP LOCKED`,
    );
    const claimed = /** @type {{ id: string, url: string, body: string }[]} */ (rows);
    await Promise.all(claimed.map(post));
    if (claimed.length > 0)
      await connection.query('DELETE FROM bench_job WHERE id IN (?)', [claimed.map(({ id }) => id)]);
    await connection.commit();
    return claimed.length > 0;
  } finally {
    connection.release();
  }
}

/** @param {{ id: string, url: string, body: string }} job */
async function post({ id, url, body }) {
  const headers = { 'content-type': 'application/json', 'webhook-id': id };
  const response = await request(url, { method: 'POST', headers, body, dispatcher });
  await response.body.text();
}

async function poll() {
  while (await work());
}

serve({
  start: async (/** @type {{ databaseUrl: string }} */ { databaseUrl }) => {
    pool = mysql.createPool({ uri: databaseUrl });
    await pool.query('CREATE TABLE bench_job (id CHAR(36) PRIMARY KEY, url TEXT, body MEDIUMTEXT)');
    setInterval(() => {
      poll().catch(console.error);
    }, POLL_MS);
  },
  /** @returns {Promise<[string, number][]>} job id to the time of its commit */
  emit: async (
    /** @type {{ perSecond: number, durationMs: number, urls: string[] }} */ { perSecond, durationMs, urls },
  ) => {
    /** @type {[string, number][]} */
    const commits = [];
    await pace(perSecond, durationMs, async (index) => {
      const id = uuidv7();
      const body = JSON.stringify(deliveryBody(uuidv7(), 3));
      await pool.query('INSERT INTO bench_job VALUES (?, ?, ?)', [id, urls[index % urls.length], body]);
      commits.push([id, now()]);
    });
    return commits;
  },
});
