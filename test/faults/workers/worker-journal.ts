import { openSync, writeSync } from 'node:fs';
import type { FaultPoint } from './fault-point.js';

/** A record of a worker about itself. */
export type JournalEntry =
  /** The POST of an attempt begins. */
  | {
      readonly kind: 'posted';
      readonly attempt: string;
      readonly delivery: string;
      readonly claimedAt: number;
      readonly at: number;
    }
  /** The outcome of the attempt is committed. */
  | { readonly kind: 'settled'; readonly attempt: string; readonly at: number }
  | { readonly kind: 'fault point'; readonly point: FaultPoint; readonly at: number }
  /** The host's transaction: `unknown` when the database did not answer. */
  | { readonly kind: 'change'; readonly change: string; readonly outcome: 'committed' | 'rolled back' | 'unknown' };

/** A file that survives its process: the kernel has each line before the worker goes on, so that no SIGKILL loses it. */
export class WorkerJournal {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'a');
  }

  write(entry: JournalEntry): void {
    writeSync(this.file, `${JSON.stringify(entry)}\n`);
  }
}
