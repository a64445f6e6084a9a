import { readLines } from '../ledger-file.js';
import type { Incident } from '../run/incidents.js';
import type { WorkerLife } from '../workers/fleet.js';

/** A line as Nest's logger writes it. */
interface LogLine {
  readonly level: string;
  readonly timestamp: number;
  readonly context?: string;
  readonly message: string;
}

/** The log of the workers while the database was away. */
export interface OutageLog {
  /** The number of lines about a failure or a recovery. */
  readonly lines: number;
  /** Repeated lines: more than one about the failure or the recovery, for one outage, process and stage. By message. */
  readonly repeated: ReadonlyMap<string, number>;
  /** Processes that survived a restart of the database, but did not log the failure or the recovery. */
  readonly silent: readonly string[];
}

/** How long after an outage a line still belongs to it, because reconnecting may take a while. */
const AFTERMATH_MS = 5000;

/** Reads what was logged about outages: each must be logged once, not a thousand times. */
export async function readOutageLog(lives: readonly WorkerLife[], incidents: readonly Incident[]): Promise<OutageLog> {
  const repeated = new Map<string, number>();
  const silent: string[] = [];
  const outages = incidents.filter(({ kind }) => kind !== 'stall');
  let lines = 0;
  for (const life of lives) {
    const log = await readLogLines(life.log);
    for (const [index, incident] of outages.entries()) {
      if (life.startedAt > incident.from || life.endedAt < incident.to) continue;
      const until = Math.min(incident.to + AFTERMATH_MS, outages[index + 1]?.from ?? Infinity);
      const said = log.filter(({ timestamp }) => timestamp >= incident.from && timestamp < until);
      lines += said.length;
      for (const side of ['failure', 'recovery'] as const) {
        const isSilent = !said.some((line) => sideOf(line) === side);
        if (isSilent && incident.kind === 'restart') silent.push(`${side}: ${life.name}, ${incident.what}`);
      }
      for (const [what, count] of countByStage(said)) {
        if (count > 1) repeated.set(what, (repeated.get(what) ?? 0) + count - 1);
      }
    }
  }
  return { lines, repeated, silent };
}

/** Lines that are not JSON are not from the logger. */
async function readLogLines(path: string): Promise<LogLine[]> {
  return readLines<LogLine>(path, (line) => line.startsWith('{'));
}

/** A failure is a warning or an error; a recovery is not. */
function sideOf({ level }: LogLine): 'failure' | 'recovery' {
  return level === 'log' ? 'recovery' : 'failure';
}

/** A stage is identified by the logger's context and the first word of the message. */
function countByStage(lines: readonly LogLine[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of lines) {
    const [word = ''] = String(line.message).split(' ');
    const stage = `${line.context ?? 'no context'}: ${sideOf(line)} "${word} …"`;
    counts.set(stage, (counts.get(stage) ?? 0) + 1);
  }
  return counts;
}
