// npm run bench -- [--quick | --growth] [--only figure,figure] [--on MySQL] [--profile] [--docs]; see docs/performance.md.
import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { SERVER_KINDS, serverUrl } from '../support/database-servers.js';
import { provideMysql } from '../support/servers/own-mysql.js';
import { CleanUp } from './clean-up.js';
import { connect, createDatabase } from './databases/bench-database.js';
import { claim } from './figures/claim.js';
import { emission } from './figures/emission.js';
import { fanOut } from './figures/fan-out.js';
import { growth } from './figures/growth.js';
import { hanging } from './figures/hanging.js';
import { hostile } from './figures/hostile.js';
import { hotResource } from './figures/hot-resource.js';
import { latency } from './figures/latency.js';
import { memory } from './figures/memory.js';
import { throughput } from './figures/throughput.js';
import { installPeers } from './install-peers.js';
import { Receiver } from './processes/receiver.js';
import { growthChart } from './report/chart.js';
import { machine } from './report/machine.js';
import { figuresInMarkdown, growthInMarkdown, growthTable, writeIntoPage } from './report/markdown.js';
import { figureTable } from './report/table.js';
import { RESULTS, SETTINGS } from './settings.js';

/** @typedef {import('./databases/bench-database.js').ServerKind} ServerKind */
/** @typedef {{ url: string, dataSource: import('typeorm').DataSource }} Database */

/**
 * The tools for measuring the figures.
 * @typedef {object} Bench
 * @property {typeof SETTINGS.amounts} amounts
 * @property {ServerKind} kind the server for the figures that are measured on one only
 * @property {readonly ServerKind[]} kinds the servers that are there
 * @property {Receiver} receiver
 * @property {(kind: ServerKind) => Promise<Database>} database the one with the library's tables; the same at each call
 * @property {(kind: ServerKind) => Promise<{ url: string }>} emptyDatabase a new one
 * @property {(text: string) => void} note reports progress
 * @property {() => number} elapsed ms since the start
 */

const FIGURES = {
  throughput,
  emission,
  latency,
  'fan-out': fanOut,
  'hot-resource': hotResource,
  claim,
  hanging,
  hostile,
  memory,
};

installPeers();
const startedAt = Date.now();
const elapsed = () => Date.now() - startedAt;
const cleanUp = new CleanUp();
try {
  await run();
} finally {
  await cleanUp.run();
}

async function run() {
  const kinds = await servers();
  const on = await machine(kinds);
  for (const [name, value] of Object.entries(on)) {
    console.log(`${name}: ${typeof value === 'string' ? value : JSON.stringify(value).replaceAll('"', '')}`);
  }
  if (Number(on.loadBefore) > 1) console.log('Something else runs on this machine: what is measured is noisy.');
  const bench = await open(kinds);
  const measured = SETTINGS.mode === 'growth' ? await measureGrowth(bench, on) : await measureFigures(bench, on);
  await mkdir(RESULTS, { recursive: true });
  const file = new URL(`${on.date.replaceAll(':', '-')}-${SETTINGS.mode}.json`, RESULTS);
  const loadAfter = os.loadavg()[0]?.toFixed(1);
  const result = { machine: { ...on, loadAfter }, settings: SETTINGS, ...measured };
  await writeFile(file, `${JSON.stringify(result, null, 2)}\n`);
  console.log(`Load at the end: ${loadAfter}. Written to ${fileURLToPath(file)}`);
}

/**
 * @param {Bench} bench
 * @param {import('./report/machine.js').Machine} on
 */
async function measureFigures(bench, on) {
  /** @type {Record<string, unknown>} */
  const data = {};
  /** @type {import('./report/figure.js').Figure[]} */
  const figures = [];
  for (const [name, measure] of Object.entries(FIGURES)) {
    if (SETTINGS.only !== null && !SETTINGS.only.includes(name)) continue;
    bench.note(name);
    try {
      const measurement = await measure(bench);
      figures.push(...measurement.figures);
      data[name] = measurement.data;
    } catch (error) {
      // The other figures are still worth having.
      console.error(error);
      figures.push({ what: name, measured: 'failed', met: false });
      process.exitCode = 1;
    }
  }
  console.log(`\n${figureTable(figures)}\n`);
  if (SETTINGS.docs) await writeIntoPage('figures', on, figuresInMarkdown(figures));
  return { figures, data };
}

/**
 * @param {Bench} bench
 * @param {import('./report/machine.js').Machine} on
 */
async function measureGrowth(bench, on) {
  const series = await growth(bench);
  console.log(`\n${growthTable(series)}\n`);
  await mkdir(RESULTS, { recursive: true });
  await writeFile(new URL('growth.svg', RESULTS), growthChart(series));
  if (SETTINGS.docs) {
    await copyFile(new URL('growth.svg', RESULTS), new URL('../../docs/performance.svg', import.meta.url));
    await writeIntoPage('growth', on, growthInMarkdown(series));
  }
  return { series };
}

/** The servers, with a MySQL for this run, which is as durable as the others: its settings are the usual ones. */
async function servers() {
  try {
    cleanUp.add(await provideMysql([]));
    if (serverUrl('MySQL').url !== '') return SERVER_KINDS;
    console.error('\n!!! MySQL is LEFT OUT: TEST_MYSQL_URL is empty.\n');
  } catch (error) {
    console.error(`\n!!! MySQL is LEFT OUT: it cannot be started (${error}).\n`);
  }
  return SERVER_KINDS.filter((kind) => kind !== 'MySQL');
}

/**
 * @param {readonly ServerKind[]} kinds
 * @returns {Promise<Bench>}
 */
async function open(kinds) {
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
    kind: SETTINGS.kind,
    kinds,
    receiver,
    emptyDatabase,
    database: (kind) => {
      const database = databases.get(kind) ?? withTables(kind);
      databases.set(kind, database);
      return database;
    },
    note: (text) => console.log(`${(elapsed() / 1000).toFixed(0).padStart(4)} s  ${text}`),
    elapsed,
  };
}
