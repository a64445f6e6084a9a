import type { ServerKind } from '../../support/database-servers.js';
import { readLines } from '../ledger-file.js';
import { SOAK_MS } from '../settings.js';
import type { Ledgers } from '../verdict/ledgers.js';
import { readOutageLog, type OutageLog } from '../verdict/outage-log.js';
import type { JournalEntry } from '../workers/worker-journal.js';
import { Incidents } from './incidents.js';
import { CALM, FAULTS, type Phase } from './phases.js';
import { Rig } from './rig.js';

/** When a phase began, and when all of its deliveries had arrived. */
export interface PlayedPhase {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  /** What was still under way after a long wait, in words. */
  readonly underWay: readonly string[];
}

/** The phases that were played on one database, and the ledgers. */
export interface FaultRun {
  readonly kind: ServerKind;
  readonly restartable: boolean;
  readonly phases: readonly PlayedPhase[];
  readonly ledgers: Ledgers;
  readonly outageLog: OutageLog;
}

/**
 * Plays all phases on one database.
 *
 * @param folder kept by the caller
 * @param tell told what happens, for whoever waits
 */
export async function runFaults(kind: ServerKind, folder: string, tell: (line: string) => void): Promise<FaultRun> {
  const rig = await Rig.start(kind, folder);
  try {
    const incidents = new Incidents();
    const phases: PlayedPhase[] = [];
    for (const phase of phasesToPlay()) {
      tell(phase.name);
      const played = await playPhase(phase, rig, incidents);
      phases.push(played);
      // A delivery that is stuck would be stuck in every further phase, too.
      if (played.underWay.length > 0) break;
    }
    return {
      kind,
      restartable: rig.server.restartable !== null,
      phases,
      ledgers: await readLedgers(rig, incidents),
      outageLog: await readOutageLog(rig.fleet.lives, incidents.all),
    };
  } finally {
    await rig.close();
  }
}

/** Each phase once; those with faults again and again for as long as a soak lasts. */
function* phasesToPlay(): Generator<Phase> {
  const soakUntil = Date.now() + SOAK_MS;
  yield CALM;
  do yield* FAULTS;
  while (Date.now() < soakUntil);
}

async function playPhase(phase: Phase, rig: Rig, incidents: Incidents): Promise<PlayedPhase> {
  await rig.fleet.complete();
  const from = Date.now();
  rig.fleet.setChanges(true);
  await phase.run(rig, incidents);
  const underWay = await rig.drain();
  return { name: phase.name, from, to: Date.now(), underWay };
}

async function readLedgers(rig: Rig, incidents: Incidents): Promise<Ledgers> {
  return {
    committed: await rig.committed(),
    receipts: await rig.receiver.receipts(),
    workers: await Promise.all(
      rig.fleet.lives.map(async ({ journal, ...life }) => ({
        ...life,
        journal: await readLines<JournalEntry>(journal),
      })),
    ),
    incidents: [...incidents.all],
  };
}
