import type { Receipt } from '../receiver/receipt.js';
import { hooksOf, isOrdered } from '../workers/resources.js';
import { findDuplicates, lateAttempts, type Duplicates } from './duplicates.js';
import type { CommittedChange, Ledgers } from './ledgers.js';

/** The result for everything that was committed. All lists but `duplicates.explained` must be empty. */
export interface Verdict {
  /** A webhook never accepted the change, or, where only the latest state matters, not that one last. */
  readonly lost: readonly { readonly hook: string; readonly change: CommittedChange }[];
  /** Changes that were rolled back and arrived nevertheless. */
  readonly phantoms: readonly Receipt[];
  /** Came after a later version of the same resource at the same webhook. */
  readonly outOfOrder: readonly Receipt[];
  readonly duplicates: Duplicates;
}

/** Compares what was committed with what was received. */
export function judge(ledgers: Ledgers): Verdict {
  return {
    lost: findLost(ledgers),
    phantoms: findPhantoms(ledgers),
    outOfOrder: findOutOfOrder(ledgers),
    duplicates: findDuplicates(ledgers),
  };
}

function findLost({ committed, receipts }: Ledgers): Verdict['lost'] {
  const accepted = new Set<string>();
  const last = new Map<string, number>();
  for (const { hook, change, resource, version } of receipts.filter((receipt) => receipt.accepted)) {
    accepted.add(`${hook} ${change}`);
    last.set(`${hook} ${resource}`, version);
  }
  const latest = new Map<string, number>();
  for (const { resource, version } of committed) latest.set(resource, Math.max(version, latest.get(resource) ?? 0));
  return committed.flatMap((change) => {
    const { id, resource, version } = change;
    const arrived = (hook: string): boolean =>
      isOrdered(resource)
        ? accepted.has(`${hook} ${id}`)
        : version !== latest.get(resource) || last.get(`${hook} ${resource}`) === version;
    return hooksOf(resource)
      .filter((hook) => !arrived(hook))
      .map((hook) => ({ hook, change }));
  });
}

function findPhantoms({ committed, receipts }: Ledgers): Receipt[] {
  const ids = new Set(committed.map(({ id }) => id));
  return receipts.filter(({ change }) => !ids.has(change));
}

function findOutOfOrder(ledgers: Ledgers): Receipt[] {
  const newest = new Map<string, number>();
  const late = lateAttempts(ledgers);
  return ledgers.receipts.filter(({ accepted, attempt, hook, resource, version }) => {
    if (!accepted || !isOrdered(resource) || late.has(attempt)) return false;
    const lane = `${hook} ${resource}`;
    const before = newest.get(lane) ?? 0;
    newest.set(lane, Math.max(before, version));
    return version < before;
  });
}

/** Changes whose transaction succeeded, but which the database does not have: a fault of the database or of the harness. */
export function findForgotten({ committed, workers }: Ledgers): string[] {
  const ids = new Set(committed.map(({ id }) => id));
  return workers
    .flatMap(({ journal }) => journal)
    .flatMap((entry) => (entry.kind === 'change' && entry.outcome === 'committed' ? [entry.change] : []))
    .filter((change) => !ids.has(change));
}
