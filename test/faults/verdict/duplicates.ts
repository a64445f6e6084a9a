import type { Receipt } from '../receiver/receipt.js';
import type { Ledgers } from './ledgers.js';

/** A request that a worker began, and what it knew of its end. */
interface RequestInFlight {
  readonly attempt: string;
  readonly from: number;
  /** When its outcome was committed; Infinity when that never was known to be. */
  readonly to: number;
  /** When its worker was killed; Infinity when it was not. */
  readonly killedAt: number;
}

/** Deliveries that were accepted more than once, by whether a fault explains it. */
export interface Duplicates {
  readonly explained: readonly Receipt[];
  readonly unexplained: readonly Receipt[];
  /** How many requests were in flight when something was killed or cut: there may be that many duplicates. */
  readonly allowed: number;
}

/** A connection that a fault has broken may show that only when it is used the next time. */
const AFTERMATH_MS = 1000;

/**
 * Finds what was accepted again. That is explained only if the earlier attempt was in flight when its own worker was killed or
 * the database was away: posted, and its outcome not yet committed.
 */
export function findDuplicates(ledgers: Ledgers): Duplicates {
  const hit = new Set(
    requestsInFlight(ledgers)
      .filter(wasHit(ledgers))
      .map(({ attempt }) => attempt),
  );
  const explained: Receipt[] = [];
  const unexplained: Receipt[] = [];
  const last = new Map<string, Receipt>();
  for (const receipt of ledgers.receipts.filter(({ accepted }) => accepted)) {
    const earlier = last.get(receipt.delivery);
    if (earlier !== undefined) (hit.has(earlier.attempt) ? explained : unexplained).push(receipt);
    last.set(receipt.delivery, receipt);
  }
  return { explained, unexplained, allowed: hit.size };
}

function requestsInFlight({ workers }: Ledgers): RequestInFlight[] {
  return workers.flatMap(({ journal, end, endedAt }) => {
    const settledAt = new Map(
      journal.flatMap((entry) => (entry.kind === 'settled' ? [[entry.attempt, entry.at] as const] : [])),
    );
    const killedAt = end === 'killed' || end === 'fault point' ? endedAt : Infinity;
    return journal.flatMap((entry) =>
      entry.kind === 'posted'
        ? [{ attempt: entry.attempt, from: entry.at, to: settledAt.get(entry.attempt) ?? Infinity, killedAt }]
        : [],
    );
  });
}

function wasHit({ incidents }: Ledgers): (request: RequestInFlight) => boolean {
  return ({ from, to, killedAt }) =>
    (to === Infinity && killedAt !== Infinity) ||
    incidents.some((incident) => from <= incident.to + AFTERMATH_MS && to >= incident.from);
}
