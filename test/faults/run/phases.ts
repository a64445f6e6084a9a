import { setTimeout as sleep } from 'node:timers/promises';
import { TIMES } from '../settings.js';
import { FAULT_POINTS } from '../workers/fault-point.js';
import type { Incidents } from './incidents.js';
import type { Rig } from './rig.js';

/** An independent part of a run: its deliveries have arrived before the next one begins. */
export interface Phase {
  readonly name: string;
  run(rig: Rig, incidents: Incidents): Promise<void>;
}

/** Processes share the work and the receiver misbehaves, but nothing crashes: here nothing may arrive twice. */
export const CALM: Phase = { name: 'calm', run: () => sleep(5000) };

/** The faults that may happen in production, one kind after the other. */
export const FAULTS: readonly Phase[] = [
  {
    name: 'kills at fault points',
    async run({ fleet }) {
      for (const point of FAULT_POINTS) await fleet.dieAt(point);
    },
  },
  {
    name: 'kills at random',
    async run({ fleet }) {
      for (let kills = 0; kills < 4; kills += 1) {
        await sleep(300 + Math.random() * 700);
        await fleet.killOne();
      }
    },
  },
  {
    name: 'a process that stalls',
    async run({ fleet, receiver }, incidents) {
      receiver.mood = 'slow';
      await sleep(1500);
      const worker = await fleet.stallOne();
      fleet.setChanges(false);
      // It wakes when others have just taken over its claims, and must not interfere.
      const wake = async (): Promise<void> => {
        await sleep(TIMES.leaseMs + 200);
        worker.wake();
      };
      await incidents.during('stall', 'a process that stands still', wake, worker.name);
      await sleep(1000);
    },
  },
  {
    name: 'database restarts',
    async run({ server: { restartable } }, incidents) {
      if (restartable === null) return;
      const restart = (what: string, end: () => Promise<void>, downMs: number): Promise<void> =>
        incidents.during('restart', what, async () => {
          await end();
          await sleep(downMs);
          await restartable.start();
        });
      await sleep(700);
      await restart('SIGKILL of the server', () => restartable.kill(), 1200);
      await sleep(2500);
      await restart('fast shutdown of the server', () => restartable.stop(), 600);
      await sleep(1000);
    },
  },
  {
    name: 'connection loss',
    async run({ proxy }, incidents) {
      for (let cuts = 0; cuts < 3; cuts += 1) {
        await sleep(500);
        await incidents.during('cut', 'reset of all connections', async () => proxy.cut());
      }
      await sleep(2000);
      await incidents.during('cut', 'black hole', () => proxy.blackHole(2000));
      await sleep(1000);
    },
  },
];
