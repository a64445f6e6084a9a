import type { ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** How a request is answered. */
export interface Answer {
  /** Its name in the ledger. */
  readonly name: string;
  /** Whether it is a complete 2xx: the receiver has taken the delivery. */
  readonly accepted: boolean;
  give(response: ServerResponse): Promise<void> | void;
}

const ACCEPTED: Answer = answered(200);

/** Keeps requests in flight for a long time. */
const SLOW: Answer = late(200, 600, 1200);
const SLOW_REFUSAL: Answer = late(500, 600, 1200);
/** The share of new deliveries that are refused slowly: a worker that has lost one to another may then take it for failed. */
const SLOWLY_REFUSED_AT_FIRST = 0.35;

/** The faults and their frequency: about one answer in ten, so that the receiver's circuit does not open. */
const FAULTS: readonly (Answer & { readonly share: number })[] = [
  { share: 0.025, ...answered(500) },
  { share: 0.01, ...answered(503, { 'retry-after': '1' }) },
  { share: 0.01, ...answered(429, { 'retry-after': '1' }) },
  { share: 0.003, name: 'hang', accepted: false, give: () => undefined },
  { share: 0.015, name: 'reset', accepted: false, give: resetInTheMiddle },
  { share: 0.04, ...late(200, 50, 400) },
];

/** How the receiver answers from now on. */
export type Mood = 'faults' | 'no faults' | 'slow';

/**
 * Picks the answer to a request.
 *
 * @param isFirst whether the delivery comes for the first time
 */
export function answerIn(mood: Mood, isFirst: boolean): Answer {
  if (mood === 'slow') return isFirst && Math.random() < SLOWLY_REFUSED_AT_FIRST ? SLOW_REFUSAL : SLOW;
  return mood === 'faults' ? randomAnswer() : ACCEPTED;
}

function randomAnswer(): Answer {
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

/** @param leastMs the delay is picked at random between this and the next */
function late(status: number, leastMs: number, mostMs: number): Answer {
  return {
    name: `late ${status}`,
    accepted: status < 300,
    give: async (response) => {
      await sleep(leastMs + Math.random() * (mostMs - leastMs));
      response.writeHead(status).end('answered late');
    },
  };
}

async function resetInTheMiddle(response: ServerResponse): Promise<void> {
  response.writeHead(200, { 'content-length': '100' }).write('the beginning of a longer answer');
  await sleep(5);
  response.socket?.resetAndDestroy();
}
