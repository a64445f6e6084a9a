import { AsyncLocalStorage } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { Outage } from '../database/outage.js';
import { Loop } from './loop.js';

/** Work of which the test ends each run. */
class Work {
  readonly logged: string[] = [];
  begun = 0;
  atOnce = 0;
  mostAtOnce = 0;
  private settle: { resolve: (more: boolean) => void; reject: (error: Error) => void } | null = null;

  private readonly logger = {
    error: (text: string) => this.logged.push(text),
    log: (text: string) => this.logged.push(text),
  };
  readonly loop = new Loop(() => this.run(), new Outage(this.logger, 'Work'));

  /** Ends the run and reports whether there is more to do. */
  async end(more: boolean): Promise<void> {
    this.settle?.resolve(more);
    await turn();
  }

  async fail(error: Error): Promise<void> {
    this.settle?.reject(error);
    await turn();
  }

  /** Ends the run and does something after this many microtasks, to hit the moment in which it ends. */
  async endAndThen(steps: number, action: () => void): Promise<void> {
    this.settle?.resolve(false);
    for (let step = 0; step < steps; step += 1) await Promise.resolve();
    action();
    await turn();
  }

  private async run(): Promise<boolean> {
    this.begun += 1;
    this.atOnce += 1;
    this.mostAtOnce = Math.max(this.mostAtOnce, this.atOnce);
    try {
      return await new Promise<boolean>((resolve, reject) => {
        this.settle = { resolve, reject };
      });
    } finally {
      this.atOnce -= 1;
    }
  }
}

describe('Loop', () => {
  it('does nothing until it is woken, and runs once for each wake', async () => {
    const work = new Work();
    await turn();
    expect(work.begun).toBe(0);
    work.loop.wake();
    await work.end(false);
    expect(work.begun).toBe(1);
    work.loop.wake();
    await work.end(false);
    expect(work.begun).toBe(2);
  });

  it('goes on while there is more to do', async () => {
    const work = new Work();
    work.loop.wake();
    await work.end(true);
    await work.end(true);
    expect(work.begun).toBe(3);
    await work.end(false);
    expect(work.begun).toBe(3);
  });

  it('never runs twice at once: wakes during a run lead to one more run after it', async () => {
    const work = new Work();
    work.loop.wake();
    work.loop.wake();
    await turn();
    work.loop.wake();
    work.loop.wake();
    expect(work.begun).toBe(1);
    await work.end(false);
    expect(work.begun).toBe(2);
    await work.end(false);
    expect(work.begun).toBe(2);
    expect(work.mostAtOnce).toBe(1);
  });

  it.each([0, 1, 2, 3, 4, 5, 6, 7])('does not lose a wake that comes %i steps after a run ends', async (steps) => {
    const work = new Work();
    work.loop.wake();
    await work.endAndThen(steps, () => work.loop.wake());
    expect(work.begun).toBe(2);
    expect(work.mostAtOnce).toBe(1);
  });
});

describe('The context of a Loop', () => {
  const quiet = { error: () => undefined, log: () => undefined };

  it('is separate: the loop sees neither the request nor the transaction of its waker', async () => {
    const ambient = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const look = async (): Promise<void> => {
      seen.push(ambient.getStore());
      await turn();
      seen.push(ambient.getStore());
    };
    const loop = new Loop(
      async () => {
        await look();
        if (seen.length === 4) throw new Error('The database is away.');
        return seen.length < 4;
      },
      new Outage(quiet, 'Work'),
    );
    ambient.run('a transaction', () => loop.wake());
    // It has run, failed, and tried again automatically.
    while (seen.length < 6) await turn();
    ambient.run('another transaction', () => loop.wake());
    while (seen.length < 8) await turn();
    await loop.stop();
    expect(seen).toEqual(Array(8).fill(undefined));
  });
});

describe('A failing Loop', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  const outage = new Error('The database is away.');

  it('tries again automatically, after waits that grow to 10 s, however often it is woken in between', async () => {
    const work = new Work();
    work.loop.wake();
    const waits = [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000];
    for (const [failures, wait] of waits.entries()) {
      await work.fail(outage);
      work.loop.wake();
      jest.advanceTimersByTime(wait - 1);
      expect(work.begun).toBe(failures + 1);
      jest.advanceTimersByTime(1);
      expect(work.begun).toBe(failures + 2);
    }
  });

  it('reports a failure once, and its end once; the next failure is reported anew', async () => {
    const work = new Work();
    work.loop.wake();
    for (let failures = 0; failures < 3; failures += 1) {
      await work.fail(outage);
      jest.advanceTimersByTime(10_000);
    }
    expect(work.logged).toEqual([
      expect.stringContaining('Work has failed and is tried until it succeeds: Error: The'),
    ]);
    await work.end(false);
    expect(work.logged.slice(1)).toEqual(['Work works again, after 3 failed tries.']);
    work.loop.wake();
    await work.fail(outage);
    expect(work.logged).toHaveLength(3);
    jest.advanceTimersByTime(100);
    expect(work.begun).toBe(6);
  });

  it('recovers with the next success, and reacts to wakes again', async () => {
    const work = new Work();
    work.loop.wake();
    await work.fail(outage);
    jest.advanceTimersByTime(100);
    await work.end(false);
    work.loop.wake();
    expect(work.begun).toBe(3);
  });

  it('can be stopped while it waits', async () => {
    const work = new Work();
    work.loop.wake();
    await work.fail(outage);
    await work.loop.stop();
    // A timer would keep the process alive.
    expect(jest.getTimerCount()).toBe(0);
    work.loop.wake();
    jest.advanceTimersByTime(60_000);
    expect(work.begun).toBe(1);
  });

  it('does not wait to try again when it was stopped meanwhile', async () => {
    const work = new Work();
    work.loop.wake();
    const stopping = work.loop.stop();
    await work.fail(outage);
    await stopping;
    expect(jest.getTimerCount()).toBe(0);
  });
});

describe('Loop.stop', () => {
  it('waits for the current run and begins no other, neither for more work nor for a wake', async () => {
    const work = new Work();
    work.loop.wake();
    work.loop.wake();
    let stopped = false;
    const stopping = work.loop.stop().then(() => (stopped = true));
    await turn();
    expect(stopped).toBe(false);
    await work.end(true);
    await stopping;
    work.loop.wake();
    await turn();
    expect(work.begun).toBe(1);
  });

  it('ends even if the last run fails, and reports the failure', async () => {
    const work = new Work();
    work.loop.wake();
    const stopping = work.loop.stop();
    await work.fail(new Error('The database is away.'));
    await stopping;
    expect(work.logged).toHaveLength(1);
  });

  it('ends at once when nothing runs', async () => {
    await expect(new Work().loop.stop()).resolves.toBeUndefined();
  });
});
