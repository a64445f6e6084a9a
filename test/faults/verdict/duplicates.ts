import type { Incident } from '../run/incidents.js';
import type { Receipt } from '../receiver/receipt.js';
import { TIMES } from '../settings.js';
import type { Ledgers, WorkerRecord } from './ledgers.js';

/** A request that a worker began, and its end as far as the worker recorded it. */
interface RequestInFlight {
  readonly attempt: string;
  readonly worker: WorkerRecord;
  readonly claimedAt: number;
  readonly from: number;
  /** When its outcome was committed; Infinity when no commit was recorded. */
  readonly to: number;
}

/** Deliveries that were accepted more than once, by whether a fault explains it. */
export interface Duplicates {
  readonly explained: readonly Receipt[];
  readonly unexplained: readonly Receipt[];
  /** How many requests were in flight when a fault hit, and remained unsettled: that many duplicates are allowed. */
  readonly allowed: number;
}

/** A broken connection may be noticed only when it is used the next time. */
const AFTERMATH_MS = 1000;

/**
 * Finds deliveries that were accepted again. A duplicate is explained only if it has the same `webhook-id`, by which the receiver
 * can recognize it, and if one of the two requests was in flight (posted, but not settled) when a fault hit its worker.
 */
export function findDuplicates(ledgers: Ledgers): Duplicates {
  const hit = new Set(
    requestsInFlight(ledgers)
      .filter(wasHit(ledgers))
      .map(({ attempt }) => attempt),
  );
  const late = lateAttempts(ledgers);
  const explained: Receipt[] = [];
  const unexplained: Receipt[] = [];
  const last = new Map<string, Receipt>();
  for (const receipt of ledgers.receipts.filter(({ accepted }) => accepted)) {
    const told = `${receipt.hook} ${receipt.change}`;
    const earlier = last.get(told);
    last.set(told, receipt);
    if (earlier === undefined) continue;
    const isExplained =
      earlier.delivery === receipt.delivery && (hit.has(earlier.attempt) || late.has(receipt.attempt));
    (isExplained ? explained : unexplained).push(receipt);
  }
  return { explained, unexplained, allowed: new Set([...hit, ...late]).size };
}

/**
 * The attempts at deliveries that a process had claimed before it was stopped, and sent when it woke, after its lease. However late
 * a sender reads the clock, it may be stopped between that and the sending.
 */
export function lateAttempts(ledgers: Ledgers): ReadonlySet<string> {
  const stalls = ledgers.incidents.filter(({ kind }) => kind === 'stall');
  const isLate = ({ claimedAt, from, worker }: RequestInFlight): boolean =>
    stalls.some((stall) => stall.worker === worker.name && claimedAt <= stall.from && from >= stall.to);
  return new Set(
    requestsInFlight(ledgers)
      .filter(isLate)
      .map(({ attempt }) => attempt),
  );
}

function requestsInFlight({ workers }: Ledgers): RequestInFlight[] {
  return workers.flatMap((worker) => {
    const settledAt = new Map(
      worker.journal.flatMap((entry) => (entry.kind === 'settled' ? [[entry.attempt, entry.at] as const] : [])),
    );
    return worker.journal.flatMap((entry) =>
      entry.kind === 'posted'
        ? [
            {
              attempt: entry.attempt,
              worker,
              claimedAt: entry.claimedAt,
              from: entry.at,
              to: settledAt.get(entry.attempt) ?? Infinity,
            },
          ]
        : [],
    );
  });
}

/** A request whose outcome was committed in time was not hit, whatever happened meanwhile: it must not come again. */
function wasHit({ incidents }: Ledgers): (request: RequestInFlight) => boolean {
  return ({ claimedAt, from, to, worker }) => {
    if (to === Infinity && (worker.end === 'killed' || worker.end === 'fault point')) return true;
    if (to - claimedAt < TIMES.leaseMs) return false;
    return incidents.some(
      (incident) =>
        (incident.worker === null || incident.worker === worker.name || wasHeldUp(incident, to)) &&
        from <= incident.to + AFTERMATH_MS &&
        to >= incident.from,
    );
  };
}

/** A process that is stopped in the middle of a transaction holds up all processes that need its locked rows. */
function wasHeldUp({ kind }: Incident, settledAt: number): boolean {
  return kind === 'stall' && settledAt !== Infinity;
}
