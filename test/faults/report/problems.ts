import type { FaultRun } from '../run/fault-run.js';
import type { Receipt } from '../receiver/receipt.js';
import { findForgotten, judge } from '../verdict/verdict.js';
import { countFaultPoints } from './counts.js';

/** How many of a kind are named; the others are only counted. */
const NAMED = 8;

/** Every broken promise, in words. Empty if all promises held. */
export function problemsOf({ ledgers, phases }: FaultRun): readonly string[] {
  const { lost, phantoms, duplicates, outOfOrder } = judge(ledgers);
  const isComplete = phases.every(({ underWay }) => underWay.length === 0);
  const unhit = [...countFaultPoints(ledgers)].filter(([, hits]) => hits === 0).map(([point]) => point);
  return [
    ...listed(
      'lost',
      lost.map(({ hook, change }) => `${change.resource} version ${change.version} never came to ${hook}`),
    ),
    ...listed('phantom', phantoms.map(worded)),
    ...listed('sent twice although nothing crashed', duplicates.unexplained.map(worded)),
    ...listed('out of order', outOfOrder.map(worded)),
    ...listed('committed, but not in the database', findForgotten(ledgers)),
    ...listed(
      'still under way long after the end of a phase',
      phases.flatMap(({ name, underWay }) => underWay.map((row) => `${name}, ${row}`)),
    ),
    ...listed(
      'worker that ended by itself',
      ledgers.workers.filter(({ end }) => end === 'by itself').map(({ name }) => name),
    ),
    ...listed('fault point that was never hit', isComplete ? unhit : []),
  ];
}

/** Lines about outages that must not have been logged, in words. */
export function logProblemsOf({ outageLog: { repeated, silent } }: FaultRun): readonly string[] {
  return [
    ...listed(
      'said again and again in one outage',
      [...repeated].map(([what, count]) => `${what}, ${count} lines too many`),
    ),
    ...listed('not a word on an outage, on the side of', silent),
  ];
}

function worded({ resource, version, hook, delivery, attempt }: Receipt): string {
  return `${resource} version ${version} at ${hook}, webhook-id ${delivery}, attempt ${attempt}`;
}

function listed(kind: string, items: readonly string[]): string[] {
  const named = items.slice(0, NAMED).map((item) => `${kind}: ${item}`);
  return items.length > NAMED ? [...named, `${kind}: ${items.length - NAMED} more`] : named;
}
