import type { Receipt } from '../receiver/receipt.js';
import type { Incident } from '../run/incidents.js';
import type { JournalEntry } from '../workers/worker-journal.js';
import type { WorkerLife } from '../workers/fleet.js';

/** A change that the database holds. */
export interface CommittedChange {
  readonly id: string;
  readonly resource: string;
  readonly version: number;
  readonly at: number;
}

/** A worker and its records. */
export interface WorkerRecord extends Pick<WorkerLife, 'name' | 'startedAt' | 'end' | 'endedAt'> {
  readonly journal: readonly JournalEntry[];
}

/** Everything that was recorded during a run. */
export interface Ledgers {
  readonly committed: readonly CommittedChange[];
  /** In the order of arrival. */
  readonly receipts: readonly Receipt[];
  readonly workers: readonly WorkerRecord[];
  readonly incidents: readonly Incident[];
}

/** The part of the ledgers for a period that began and ended with nothing under way. */
export function during(ledgers: Ledgers, from: number, to: number): Ledgers {
  const within = ({ at }: { readonly at: number }): boolean => at >= from && at < to;
  return {
    ...ledgers,
    committed: ledgers.committed.filter(within),
    receipts: ledgers.receipts.filter(within),
    workers: ledgers.workers.map((worker) => ({
      ...worker,
      journal: worker.journal.filter((entry) => !('at' in entry) || within(entry)),
    })),
    incidents: ledgers.incidents.filter((incident) => within({ at: incident.from })),
  };
}
