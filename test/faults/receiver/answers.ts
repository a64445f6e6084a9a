import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a request is answered. */
export interface Answer {
  /** As the ledger names it. */
  readonly name: string;
  /** Whether it is a complete 2xx: the receiver has taken the delivery. */
  readonly accepted: boolean;
  give(response: ServerResponse): Promise<void> | void;
}

/** The plain answer. */
export const ACCEPTED: Answer = answered(200);

/** What goes wrong, and how often: rarely enough that an endpoint counts as alive, all in all one answer in ten. */
const FAULTS: readonly (Answer & { readonly share: number })[] = [
  { share: 0.025, ...answered(500) },
  { share: 0.01, ...answered(503, { 'retry-after': '1' }) },
  { share: 0.01, ...answered(429, { 'retry-after': '1' }) },
  { share: 0.003, name: 'hang', accepted: false, give: () => undefined },
  { share: 0.015, name: 'reset', accepted: false, give: resetInTheMiddle },
  { share: 0.04, name: 'slow 200', accepted: true, give: slowly },
];

/** Picks the answer to a request: at random, in the shares above. */
export function randomAnswer(): Answer {
  let chance = Math.random();
  for (const fault of FAULTS) {
    if (chance < fault.share) return fault;
    chance -= fault.share;
  }
  return ACCEPTED;
}

function answered(status: number, headers: Record<string, string> = {}): Answer {
  return {
    name: String(status),
    accepted: status < 300,
    give: (response) => void response.writeHead(status, headers).end(`answered ${status}`),
  };
}

async function slowly(response: ServerResponse): Promise<void> {
  await sleep(50 + Math.random() * 350);
  response.writeHead(200).end('answered late');
}

async function resetInTheMiddle(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-length': '100' }).write('the beginning of a longer answer');
  await sleep(5);
  response.socket?.resetAndDestroy();
}
