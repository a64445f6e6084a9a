// The receiver, a process of its own: answers with faults, and writes down each request before it answers. Its argument is
// the file of the ledger. The parent may send a `Mood`.
import { openSync, writeSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import type { AddressInfo } from 'node:net';
import { answerIn, type Mood } from './answers.js';
import { ATTEMPT_HEADER, type Receipt } from './receipt.js';

interface Body {
  readonly booking?: State;
  readonly availability?: State;
}

interface State {
  readonly resource: string;
  readonly version: number;
  readonly change: string;
}

const ledger = openSync(process.argv[2] ?? '', 'a');
let mood: Mood = 'faults';
let requests = 0;
const seen = new Set<string>();

async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const order = (requests += 1);
  const at = Date.now();
  const { booking, availability } = JSON.parse(await text(request)) as Body;
  const state = booking ?? availability;
  if (state === undefined) throw new Error('A body without a resource came in.');
  const delivery = String(request.headers['webhook-id']);
  const answer = answerIn(mood, !seen.has(delivery));
  seen.add(delivery);
  const receipt: Receipt = {
    order,
    at,
    hook: (request.url ?? '').slice(1),
    delivery,
    attempt: String(request.headers[ATTEMPT_HEADER]),
    resource: state.resource,
    version: state.version,
    change: state.change,
    answer: answer.name,
    accepted: answer.accepted,
  };
  writeSync(ledger, `${JSON.stringify(receipt)}\n`);
  await answer.give(response);
}

const server = createServer((request, response) => {
  // A body that was cut off, as when its sender was killed, is not a delivery.
  receive(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port));
process.on('message', (message: Mood) => {
  mood = message;
});
process.on('disconnect', () => process.exit());
