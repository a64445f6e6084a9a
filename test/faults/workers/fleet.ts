import { openSync } from 'node:fs';
import { join } from 'node:path';
import { WORKERS } from '../settings.js';
import { startProcess, type TypeScriptProcess } from '../typescript-process.js';
import type { FaultPoint } from './fault-points.js';
import type { WorkerOrder } from './worker.js';

/** One process, from its start to its end. */
export interface WorkerLife {
  /** Begins the names of its attempts. */
  readonly name: string;
  readonly journal: string;
  readonly log: string;
  readonly startedAt: number;
  /** How it ended: `running` as long as it lives; `by itself` is a failure. */
  end: 'running' | 'stopped' | 'killed' | 'fault point' | 'by itself';
  endedAt: number;
}

interface Worker extends WorkerLife {
  readonly child: TypeScriptProcess;
}

const DIES_WITHIN_MS = 20_000;

/** The dispatching processes: as many as told, with names for all who have lived. */
export class Fleet {
  readonly lives: WorkerLife[] = [];
  private running: Worker[] = [];
  private makeChanges = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly folder: string,
  ) {}

  async start(): Promise<void> {
    await Promise.all(Array.from({ length: WORKERS }, () => this.startOne()));
  }

  /** Whether the host makes changes. */
  setChanges(makeChanges: boolean): void {
    this.makeChanges = makeChanges;
    for (const worker of this.running) order(worker, { makeChanges });
  }

  /** Has one worker kill itself at a point, and starts another in its place. */
  async dieAt(point: FaultPoint): Promise<void> {
    const worker = this.any();
    worker.end = 'fault point';
    order(worker, { arm: point });
    const timer = setTimeout(() => {
      // Ended from outside: the point is then missing in its journal, and the report tells.
      worker.end = 'killed';
      worker.child.process.kill('SIGKILL');
    }, DIES_WITHIN_MS);
    await worker.child.ended;
    clearTimeout(timer);
    await this.startOne();
  }

  /** Kills one worker, wherever it is, and starts another in its place. */
  async killOne(): Promise<void> {
    const worker = this.any();
    worker.end = 'killed';
    worker.child.process.kill('SIGKILL');
    await worker.child.ended;
    await this.startOne();
  }

  /** Starts others for workers that have ended by themselves, which the report lists. */
  async replaceDead(): Promise<void> {
    while (this.running.length < WORKERS) await this.startOne();
  }

  async stop(): Promise<void> {
    const workers = this.running;
    for (const worker of workers) {
      worker.end = 'stopped';
      order(worker, { stop: true });
    }
    await Promise.all(workers.map(({ child }) => child.ended));
  }

  private async startOne(): Promise<void> {
    const name = `worker-${this.lives.length + 1}`;
    const journal = join(this.folder, `${name}.jsonl`);
    const log = join(this.folder, `${name}.log`);
    const script = new URL('worker.ts', import.meta.url);
    const child = startProcess(script, [name, this.databaseUrl, journal], openSync(log, 'a'));
    const worker: Worker = { name, journal, log, startedAt: Date.now(), end: 'running', endedAt: Infinity, child };
    this.lives.push(worker);
    await child.ready;
    this.running.push(worker);
    order(worker, { makeChanges: this.makeChanges });
    void child.ended.then(() => this.ended(worker));
  }

  private ended(worker: Worker): void {
    worker.endedAt = Date.now();
    if (worker.end === 'running') worker.end = 'by itself';
    this.running = this.running.filter((other) => other !== worker);
  }

  private any(): Worker {
    const alive = this.running.filter(({ end }) => end === 'running');
    const worker = alive[Math.floor(Math.random() * alive.length)];
    if (worker === undefined) throw new Error('No worker is left alive.');
    return worker;
  }
}

function order(worker: Worker, message: WorkerOrder): void {
  if (worker.child.process.connected) worker.child.process.send(message);
}
