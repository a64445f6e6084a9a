import type { FaultPoint } from './fault-point.js';
import type { WorkerJournal } from './worker-journal.js';

/** The points of one process: at most one is armed. */
export class FaultPoints {
  private armed: FaultPoint | null = null;

  constructor(private readonly journal: WorkerJournal) {}

  /** From now on the process dies when it comes to this point. */
  arm(point: FaultPoint): void {
    this.armed = point;
  }

  /** Whether the process is about to die here. */
  isArmed(point: FaultPoint): boolean {
    return this.armed === point;
  }

  /** Ends the process at once if the point is armed: nothing is written, closed or rolled back any more. */
  pass(point: FaultPoint): void {
    if (!this.isArmed(point)) return;
    this.journal.write({ kind: 'fault point', point, at: Date.now() });
    process.kill(process.pid, 'SIGKILL');
  }
}
