import type { FaultRun, PlayedPhase } from '../run/fault-run.js';
import { during, type Ledgers } from '../verdict/ledgers.js';
import { judge } from '../verdict/verdict.js';
import { FAULT_POINTS, type FaultPoint } from '../workers/fault-point.js';

/** The columns of the table, in their order. */
export interface Counts {
  readonly events: number;
  readonly deliveries: number;
  readonly attempts: number;
  readonly kills: number;
  readonly restarts: number;
  readonly cuts: number;
  readonly stalls: number;
  readonly lost: number;
  readonly phantoms: number;
  readonly duplicates: number;
  readonly allowed: number;
  readonly unexplained: number;
  readonly outOfOrder: number;
}

/** One row for each kind of phase, and one for the whole run; a soak repeats phases, whose rounds are added up. */
export function countPhases({ phases, ledgers }: FaultRun): ReadonlyMap<string, Counts> {
  const rows = new Map<string, Counts>();
  for (const phase of phases) {
    const counts = countPhase(phase, ledgers);
    const so = rows.get(phase.name);
    rows.set(phase.name, so === undefined ? counts : sum(so, counts));
  }
  rows.set('all', [...rows.values()].reduce(sum));
  return rows;
}

/** How often workers died at each fault point. */
export function countFaultPoints({ workers }: Ledgers): ReadonlyMap<FaultPoint, number> {
  const hits = workers.flatMap(({ journal }) =>
    journal.flatMap((entry) => (entry.kind === 'fault point' ? [entry.point] : [])),
  );
  return new Map(FAULT_POINTS.map((point) => [point, hits.filter((hit) => hit === point).length]));
}

function countPhase({ from, to }: PlayedPhase, ledgers: Ledgers): Counts {
  const part = during(ledgers, from, to);
  const { lost, phantoms, duplicates, outOfOrder } = judge(part);
  const killed = ledgers.workers.filter(
    ({ end, endedAt }) => (end === 'killed' || end === 'fault point') && endedAt >= from && endedAt < to,
  );
  return {
    events: part.committed.length,
    deliveries: new Set(part.receipts.filter(({ accepted }) => accepted).map(({ delivery }) => delivery)).size,
    attempts: part.receipts.length,
    kills: killed.length,
    restarts: part.incidents.filter(({ kind }) => kind === 'restart').length,
    cuts: part.incidents.filter(({ kind }) => kind === 'cut').length,
    stalls: part.incidents.filter(({ kind }) => kind === 'stall').length,
    lost: lost.length,
    phantoms: phantoms.length,
    duplicates: duplicates.explained.length + duplicates.unexplained.length,
    allowed: duplicates.allowed,
    unexplained: duplicates.unexplained.length,
    outOfOrder: outOfOrder.length,
  };
}

function sum(one: Counts, other: Counts): Counts {
  const total: Record<keyof Counts, number> = { ...one };
  for (const key of Object.keys(one) as (keyof Counts)[]) total[key] += other[key];
  return total;
}
