// A process that delivers to hostile receivers, again and again, and then tells what that has cost it.
import { setTimeout as sleep } from 'node:timers/promises';
import { openTransport } from '../support/hostile-transport.js';
import { waitUntil } from '../support/wait-until.js';

/** What the process is told, as JSON. */
export interface Flood {
  readonly urls: readonly string[];
  /** A well-behaved receiver, for what the first request costs by itself. */
  readonly warmUpUrl: string;
  readonly rounds: number;
  /** Requests at once to each URL. */
  readonly atOnce: number;
  readonly timeoutMs: number;
}

/** What it sends when it is done. */
export interface FloodCost {
  readonly attempts: number;
  /** By how much its memory (RSS) has grown at the most, in bytes. */
  readonly grownBytes: number;
  /** How many sockets were open at once, at the most. */
  readonly mostSockets: number;
  /** How many stayed open, its pool of connections still being up. */
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
