// npm run bench [-- --quick | --growth] [--only figure,figure] [--profile]
import { mkdir, writeFile } from 'node:fs/promises';
import { CleanUp } from './clean-up.js';
import { connect, createDatabase } from './databases/bench-database.js';
import { claim } from './figures/claim.js';
import { emission } from './figures/emission.js';
import { fanOut } from './figures/fan-out.js';
import { hanging } from './figures/hanging.js';
import { latency } from './figures/latency.js';
import { memory } from './figures/memory.js';
import { throughput } from './figures/throughput.js';
import { installPeers } from './install-peers.js';
import { Receiver } from './processes/receiver.js';
import { machine } from './report/machine.js';
import { figureTable } from './report/table.js';
import { RESULTS, SETTINGS } from './settings.js';

/** @typedef {import('./databases/bench-database.js').ServerKind} ServerKind */
/** @typedef {{ url: string, dataSource: import('typeorm').DataSource }} Database */

/**
 * What the figures are measured with.
 * @typedef {object} Bench
 * @property {typeof SETTINGS.amounts} amounts
 * @property {Receiver} receiver
 * @property {(kind: ServerKind) => Promise<Database>} database the one with the library's tables; the same at each call
 * @property {(kind: ServerKind) => Promise<{ url: string }>} emptyDatabase a new one
 * @property {(text: string) => void} note tells how it goes
 */

const FIGURES = { throughput, emission, latency, 'fan-out': fanOut, claim, hanging, memory };

installPeers();
const startedAt = Date.now();
const cleanUp = new CleanUp();
try {
  await run();
} finally {
  await cleanUp.run();
}

async function run() {
  const on = await machine();
  console.log(
    Object.entries(on)
      .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
      .join('\n'),
  );
  const bench = await open();
  /** @type {Record<string, unknown>} */
  const data = {};
  const figures = [];
  for (const [name, measure] of Object.entries(FIGURES)) {
    if (SETTINGS.only !== null && !SETTINGS.only.includes(name)) continue;
    bench.note(name);
    try {
      const measurement = await measure(bench);
      figures.push(...measurement.figures);
      data[name] = measurement.data;
    } catch (error) {
      // The others are worth having all the same.
      console.error(error);
      figures.push({ what: name, measured: 'failed', met: false });
      process.exitCode = 1;
    }
  }
  console.log(`\n${figureTable(figures)}\n`);
  await mkdir(RESULTS, { recursive: true });
  const file = new URL(`${on.date.replaceAll(':', '-')}-${SETTINGS.mode}.json`, RESULTS);
  await writeFile(file, `${JSON.stringify({ machine: on, settings: SETTINGS, figures, data }, null, 2)}\n`);
  console.log(`Written to ${file.pathname}`);
}

/** @returns {Promise<Bench>} */
async function open() {
  const receiver = await Receiver.start();
  cleanUp.add(() => receiver.end());
  const emptyDatabase = async (/** @type {ServerKind} */ kind) => {
    const database = await createDatabase(kind);
    cleanUp.add(database.drop);
    return database;
  };
  /** @type {Map<ServerKind, Promise<Database>>} */
  const databases = new Map();
  const withTables = async (/** @type {ServerKind} */ kind) => {
    const { url } = await emptyDatabase(kind);
    const dataSource = await connect(url);
    cleanUp.add(() => dataSource.destroy());
    return { url, dataSource };
  };
  return {
    amounts: SETTINGS.amounts,
    receiver,
    emptyDatabase,
    database: (kind) => {
      const database = databases.get(kind) ?? withTables(kind);
      databases.set(kind, database);
      return database;
    },
    note: (text) => console.log(`${((Date.now() - startedAt) / 1000).toFixed(0).padStart(4)} s  ${text}`),
  };
}
