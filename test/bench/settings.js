import { parseArgs } from 'node:util';

/** Where results are written, from `test/bench`. */
export const RESULTS = new URL('results/', import.meta.url);

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    growth: { type: 'boolean', default: false },
    only: { type: 'string' },
    on: { type: 'string', default: 'MariaDB' },
    profile: { type: 'boolean', default: false },
    docs: { type: 'boolean', default: false },
  },
});

/** How much is measured. Amounts are deliveries, unless their name says otherwise. */
const FULL = {
  /** A measurement that no goal needs is skipped if it would end later. */
  wholeMs: 590_000,
  rounds: 3,
  backlog: 50_000,
  /** The longest time for draining a backlog; only deliveries that are recorded by then count. */
  drainMs: 6000,
  /** A further round of throughput that would end later does not begin, so that the whole run ends within 10 minutes. */
  throughputUntilMs: 330_000,
  emitTransactions: 600,
  latencyMs: 10_000,
  fanOutWebhooks: 10_000,
  fanOutEvents: 3,
  hotChanges: 1000,
  hotSlots: 10_000,
  hotBeside: 5000,
  claimBacklogs: [10_000, 1_000_000],
  hangBacklog: 40_000,
  memoryBacklog: 200_000,
  memoryMs: 60_000,
  availabilityRounds: 5,
};

const QUICK = {
  ...FULL,
  wholeMs: 100_000,
  rounds: 1,
  backlog: 10_000,
  drainMs: 1500,
  emitTransactions: 200,
  latencyMs: 2000,
  fanOutEvents: 1,
  hotSlots: 2000,
  hotBeside: 2000,
  claimBacklogs: [10_000, 50_000],
  hangBacklog: 8000,
  memoryBacklog: 20_000,
  memoryMs: 5000,
  availabilityRounds: 2,
};

export const SETTINGS = {
  mode: values.growth ? 'growth' : values.quick ? 'quick' : 'full',
  /** The names of the figures to measure; null for all. */
  only: values.only?.split(',') ?? null,
  /** The server for the figures that are measured on one only. */
  kind: databaseKind(),
  /** Whether the results go into docs/performance.md. */
  docs: values.docs,
  amounts: values.quick ? QUICK : FULL,
};

/** @returns {'MySQL' | 'MariaDB'} */
function databaseKind() {
  if (values.on === 'MySQL' || values.on === 'MariaDB') return values.on;
  throw new Error(`--on ${values.on}: it must be MySQL or MariaDB.`);
}

/** Node's flags for a process that delivers: with `--profile` it writes a CPU profile beside the results. */
export function profileArguments() {
  return values.profile ? ['--cpu-prof', `--cpu-prof-dir=${RESULTS.pathname}`] : [];
}
