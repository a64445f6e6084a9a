import { openSync, writeSync } from 'node:fs';
import type { FaultPoint } from './fault-point.js';

/** What a worker tells of itself. */
export type JournalEntry =
  /** The POST of an attempt begins; the claim that it belongs to was made before. */
  | {
      readonly kind: 'posted';
      readonly attempt: string;
      readonly delivery: string;
      readonly claimedAt: number;
      readonly at: number;
    }
  /** What came of the attempt is committed. */
  | { readonly kind: 'settled'; readonly attempt: string; readonly at: number }
  | { readonly kind: 'fault point'; readonly point: FaultPoint; readonly at: number }
  /** The host's transaction: `unknown` when the database did not answer. */
  | { readonly kind: 'change'; readonly change: string; readonly outcome: 'committed' | 'rolled back' | 'unknown' };

/** A file that outlives its process: each line is in the kernel's hands before the worker goes on, so that no SIGKILL loses it. */
export class WorkerJournal {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(entry: JournalEntry): void {
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }
}
