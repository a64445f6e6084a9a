// A process that delivers to hostile receivers, again and again, and then reports what that has cost.
import { setTimeout as sleep } from 'node:timers/promises';
import { openTransport } from '../support/hostile-transport.js';
import { waitUntil } from '../support/wait-until.js';

/** The orders of the process, as JSON. */
export interface Flood {
  readonly urls: readonly string[];
  /** A well-behaved receiver for the first request, which is expensive on its own. */
  readonly warmUpUrl: string;
  readonly rounds: number;
  /** Requests at once to each URL. */
  readonly atOnce: number;
  readonly timeoutMs: number;
}

/** Its report at the end. */
export interface FloodCost {
  readonly attempts: number;
  /** The largest growth of its memory (RSS), in bytes. */
  readonly grownBytes: number;
  /** The largest number of sockets that were open at once. */
  readonly mostSockets: number;
  /** How many sockets remained open while its pool of connections still existed. */
  readonly leftSockets: number;
}

const openSockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

const { urls, warmUpUrl, rounds, atOnce, timeoutMs } = JSON.parse(process.argv[2] ?? '') as Flood;
const transport = openTransport({ timeoutMs, maxResponseBytes: 16_384 });
for (let count = 0; count < 50; count += 1) await transport.post(warmUpUrl);

const atFirst = process.memoryUsage.rss();
let grownBytes = 0;
let mostSockets = 0;
const watching = setInterval(() => {
  grownBytes = Math.max(grownBytes, process.memoryUsage.rss() - atFirst);
  mostSockets = Math.max(mostSockets, openSockets());
}, 5);
for (let round = 0; round < rounds; round += 1) {
  await Promise.allSettled(urls.flatMap((url) => Array.from({ length: atOnce }, () => transport.post(url))));
}
// The connection to the receiver of the warm-up may be kept, and no other.
await waitUntil('the sockets to be closed', () => openSockets() <= 1);
await sleep(50);
clearInterval(watching);
const cost: FloodCost = {
  attempts: rounds * urls.length * atOnce,
  grownBytes,
  mostSockets,
  leftSockets: openSockets(),
};
process.send?.(cost);
await transport.close();
process.disconnect();
