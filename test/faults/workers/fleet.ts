import { openSync } from 'node:fs';
import { join } from 'node:path';
import { waitUntil } from '../../support/wait-until.js';
import { WORKERS } from '../settings.js';
import { startProcess, type TypeScriptProcess } from '../../support/typescript-process.js';
import type { FaultPoint } from './fault-point.js';
import type { WorkerOrder } from './worker.js';

/** One worker process, from its start to its end. */
export interface WorkerLife {
  /** The prefix of the names of its attempts. */
  readonly name: string;
  readonly journal: string;
  readonly log: string;
  readonly startedAt: number;
  /** How it ended: `running` while it lives; `by itself` is a failure. */
  end: 'running' | 'stopped' | 'killed' | 'fault point' | 'by itself';
  endedAt: number;
}

interface Worker extends WorkerLife {
  readonly child: TypeScriptProcess;
}

const DIES_WITHIN_MS = 20_000;
const STOPS_WITHIN_MS = 10_000;

/** The dispatching processes. Every process that was started has a name of its own. */
export class Fleet {
  readonly lives: WorkerLife[] = [];
  private readonly running = new Set<Worker>();
  private readonly starting = new Set<Promise<void>>();
  private makeChanges = false;

  constructor(
    private readonly databaseUrl: string,
    private readonly folder: string,
  ) {}

  /** Starts as many as are missing, and waits until all are up. */
  async complete(): Promise<void> {
    await Promise.all(this.starting);
    while (this.running.size + this.starting.size < WORKERS) this.startOne();
    await Promise.all(this.starting);
  }

  /** Whether the host makes changes. */
  setChanges(makeChanges: boolean): void {
    this.makeChanges = makeChanges;
    for (const worker of this.running) order(worker, { makeChanges });
  }

  /** Has one worker kill itself at a point. Another is about to take its place when this returns. */
  async dieAt(point: FaultPoint): Promise<void> {
    const worker = await this.any();
    worker.end = 'fault point';
    order(worker, { arm: point });
    // The point is then missing in its journal, and the report says so.
    const timer = setTimeout(() => worker.child.process.kill('SIGKILL'), DIES_WITHIN_MS);
    await worker.child.ended;
    clearTimeout(timer);
    this.startOne();
  }

  /** Kills one worker, wherever it is. Another is about to take its place when this returns. */
  async killOne(): Promise<void> {
    const worker = await this.any();
    worker.end = 'killed';
    worker.child.process.kill('SIGKILL');
    await worker.child.ended;
    this.startOne();
  }

  /** Stops one worker wherever it is, for longer than its leases, as a swapping machine or a long garbage collection does. */
  async stallOne(): Promise<{ readonly name: string; wake(): void }> {
    const { name, child } = await this.any();
    child.process.kill('SIGSTOP');
    return { name, wake: () => void child.process.kill('SIGCONT') };
  }

  async stop(): Promise<void> {
    const ends = [...this.running].map(async (worker) => {
      worker.end = 'stopped';
      order(worker, { stop: true });
      const timer = setTimeout(() => worker.child.process.kill('SIGKILL'), STOPS_WITHIN_MS);
      await worker.child.ended;
      clearTimeout(timer);
    });
    await Promise.all(ends);
  }

  private startOne(): void {
    const name = `worker-${this.lives.length + 1}`;
    const journal = join(this.folder, `${name}.jsonl`);
    const log = join(this.folder, `${name}.log`);
    const script = new URL('worker.ts', import.meta.url);
    const child = startProcess(script, [name, this.databaseUrl, journal], openSync(log, 'a'));
    const worker: Worker = { name, journal, log, startedAt: Date.now(), end: 'running', endedAt: Infinity, child };
    this.lives.push(worker);
    const started = this.watch(worker).finally(() => this.starting.delete(started));
    this.starting.add(started);
  }

  /** Resolves when the worker is up, or has failed to start, which counts as an unexpected end. */
  private async watch(worker: Worker): Promise<void> {
    const { child } = worker;
    child.process.once('exit', () => {
      worker.endedAt = Date.now();
      if (worker.end === 'running') worker.end = 'by itself';
      this.running.delete(worker);
    });
    const isUp = await child.ready.then(
      () => true,
      () => false,
    );
    if (!isUp) return;
    this.running.add(worker);
    order(worker, { makeChanges: this.makeChanges });
  }

  /** A worker that is up, while at least one other goes on working. */
  private async any(): Promise<Worker> {
    const alive = (): Worker[] => [...this.running].filter(({ end }) => end === 'running');
    await waitUntil('two workers that are up', () => alive().length >= 2);
    const workers = alive();
    const worker = workers[Math.floor(Math.random() * workers.length)];
    if (worker === undefined) throw new Error('No worker is left alive.');
    return worker;
  }
}

function order(worker: Worker, message: WorkerOrder): void {
  if (worker.child.process.connected) worker.child.process.send(message);
}
