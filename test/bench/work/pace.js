import { setTimeout as sleep } from 'node:timers/promises';
import { now } from '../processes/now.js';

/**
 * Starts a task that often per second, evenly, without waiting for its end. Resolves once all tasks have ended.
 *
 * @param {number} perSecond
 * @param {number} durationMs
 * @param {(index: number) => Promise<void>} begin
 */
export async function pace(perSecond, durationMs, begin) {
  const startedAt = now();
  const total = Math.round((perSecond * durationMs) / 1000);
  const running = [];
  for (let begun = 0; begun < total;) {
    const due = Math.min(total, Math.floor(((now() - startedAt) * perSecond) / 1000) + 1);
    for (; begun < due; begun += 1) running.push(begin(begun));
    await sleep(1);
  }
  await Promise.all(running);
}
