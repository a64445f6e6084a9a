import type { Receipt } from '../receiver/receipt.js';
import { TIMES } from '../settings.js';
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
  /** How many requests were in flight when something was killed or cut, and stayed unsettled: there may be that many duplicates. */
  readonly allowed: number;
}

/** A connection that a fault has broken may show that only when it is used the next time. */
const AFTERMATH_MS = 1000;

/**
 * Finds what was accepted again. That is explained only if it is the same delivery, so that the receiver can tell, and the
 * earlier attempt was in flight when its own worker was killed or the database was away: posted, and its outcome not committed.
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
    const told = `${receipt.hook} ${receipt.change}`;
    const earlier = last.get(told);
    last.set(told, receipt);
    if (earlier === undefined) continue;
    const isExplained = earlier.delivery === receipt.delivery && hit.has(earlier.attempt);
    (isExplained ? explained : unexplained).push(receipt);
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

/** One whose outcome was committed in time is not hit, whatever happened meanwhile: it must not come again. */
function wasHit({ incidents }: Ledgers): (request: RequestInFlight) => boolean {
  return ({ from, to, killedAt }) => {
    if (to === Infinity && killedAt !== Infinity) return true;
    const lostLease = to - from >= TIMES.leaseMs;
    return lostLease && incidents.some((incident) => from <= incident.to + AFTERMATH_MS && to >= incident.from);
  };
}
