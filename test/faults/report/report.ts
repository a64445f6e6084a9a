import type { FaultRun } from '../run/fault-run.js';
import { countFaultPoints, countPhases, type Counts } from './counts.js';
import { logProblemsOf, problemsOf } from './problems.js';

const COLUMNS: readonly (readonly [string, (counts: Counts) => string | number])[] = [
  ['events', ({ events }) => events],
  ['deliveries', ({ deliveries }) => deliveries],
  ['attempts', ({ attempts }) => attempts],
  ['kills', ({ kills }) => kills],
  ['restarts', ({ restarts }) => restarts],
  ['cuts', ({ cuts }) => cuts],
  ['stalls', ({ stalls }) => stalls],
  ['lost', ({ lost }) => lost],
  ['phantoms', ({ phantoms }) => phantoms],
  ['duplicates (allowed)', ({ duplicates, allowed }) => `${duplicates} (${allowed})`],
  ['out of order', ({ outOfOrder }) => outOfOrder],
];

/** A readable report: the counts by phase, the kills by fault point, the log of outages, and the problems. */
export function report(run: FaultRun): string {
  const rows = [...countPhases(run)].map(([name, counts]) => [name, ...COLUMNS.map(([, of]) => String(of(counts)))]);
  const points = [...countFaultPoints(run.ledgers)].map(([point, hits]) => `  ${hits} × ${point}`);
  const rolledBack = run.ledgers.workers
    .flatMap(({ journal }) => journal)
    .filter((entry) => entry.kind === 'change' && entry.outcome === 'rolled back').length;
  const { lines, repeated } = run.outageLog;
  return [
    `${run.kind}${run.restartable ? '' : ', restarts: 0 (no server binaries; only its connections were cut)'}`,
    ...table([['', ...COLUMNS.map(([title]) => title)], ...rows]),
    '',
    'Killed at fault points:',
    ...points,
    `Rolled back on purpose: ${rolledBack} transactions, none of which may arrive.`,
    `Logged on outages: ${lines} lines, ${[...repeated.values()].reduce((all, count) => all + count, 0)} too many.`,
    '',
    ...verdict('Deliveries', problemsOf(run)),
    ...verdict('Log lines on outages', logProblemsOf(run)),
    '',
  ].join('\n');
}

/** Whether everything that was promised held. */
export function hasPassed(run: FaultRun): boolean {
  return problemsOf(run).length === 0 && logProblemsOf(run).length === 0;
}

function verdict(subject: string, problems: readonly string[]): string[] {
  return problems.length === 0
    ? [`${subject}: as promised.`]
    : [`${subject}: NOT AS PROMISED`, ...problems.map((problem) => `  ${problem}`)];
}

/** Aligns the first column to the left, and the numbers to the right. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
}
