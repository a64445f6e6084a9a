// The partners' side: it accepts POSTs on kept connections, answers 200, and counts. It supports just enough HTTP for that, so that
// it is cheap compared with what is measured, and costs the same for all contenders.
import { Buffer } from 'node:buffer';
import { createServer } from 'node:net';
import { now } from './now.js';
import { serve } from './serve.js';

const SLOW_MS = 10_000;
const FAILURE = 'HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n';
const HUGE = `HTTP/1.1 200 OK\r\nContent-Length: 100000000\r\n\r\n${'x'.repeat(1_000_000)}`;
const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\nConnection: keep-alive\r\n\r\nok';
/** @type {Buffer} */
const NOTHING = Buffer.alloc(0);
const END_OF_HEAD = '\r\n\r\n';

/** @type {Set<string>} */
let ids = new Set();
let requests = 0;
let bytes = 0;
let hanging = 0;
let firstAt = 0;
let lastAt = 0;
/** When each event came, by the id that its request carries; only where it is asked for. @type {Map<string, number> | null} */
let times = null;

const server = createServer({ noDelay: true }, (socket) => {
  /** The beginning of a request whose head is not complete. */
  let beginning = NOTHING;
  /** How much of the current body is still missing, and its head. */
  let missing = 0;
  let head = '';
  socket.on('error', () => undefined);
  socket.on('data', (/** @type {Buffer} */ data) => {
    let chunk = beginning.length === 0 ? data : Buffer.concat([beginning, data]);
    beginning = NOTHING;
    while (chunk.length > 0) {
      if (missing === 0) {
        const end = chunk.indexOf(END_OF_HEAD);
        if (end < 0) {
          beginning = chunk;
          return;
        }
        head = chunk.toString('latin1', 0, end + 2);
        missing = Number(header(head, 'content-length'));
        if (!Number.isInteger(missing)) throw new Error(`No content-length in: ${head}`);
        bytes += missing;
        chunk = chunk.subarray(end + END_OF_HEAD.length);
      }
      const taken = Math.min(missing, chunk.length);
      missing -= taken;
      chunk = chunk.subarray(taken);
      if (missing === 0) received(head, socket);
    }
  });
});

/**
 * @param {string} text
 * @param {string} name in lower case
 */
function header(text, name) {
  const start = text.toLowerCase().indexOf(`\r\n${name}:`);
  if (start < 0) return undefined;
  return text.slice(start + name.length + 3, text.indexOf('\r\n', start + 2)).trim();
}

/**
 * @param {string} text
 * @param {import('node:net').Socket} socket
 */
function received(text, socket) {
  if (text.startsWith('POST /hang/')) {
    hanging += 1;
    return;
  }
  if (isHostile(text, socket)) return;
  lastAt = now();
  if (requests === 0) firstAt = lastAt;
  requests += 1;
  const id = header(text, 'webhook-id') ?? '';
  ids.add(id);
  times?.set(header(text, 'octo-record-state') ?? id, lastAt);
  socket.write(ANSWER);
}

/**
 * Answers a request to a receiver that is not healthy.
 *
 * @param {string} text
 * @param {import('node:net').Socket} socket
 */
function isHostile(text, socket) {
  if (text.startsWith('POST /slow/')) setTimeout(() => socket.write(ANSWER), SLOW_MS);
  else if (text.startsWith('POST /fail/')) socket.write(FAILURE);
  else if (text.startsWith('POST /huge/')) socket.write(HUGE);
  else return false;
  return true;
}

await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));

serve({
  port: () => /** @type {import('node:net').AddressInfo} */ (server.address()).port,
  /** Begins to count from zero. */
  reset: (/** @type {{ timed: boolean }} */ { timed }) => {
    ids = new Set();
    [requests, bytes, hanging, firstAt, lastAt] = [0, 0, 0, 0, 0];
    times = timed ? new Map() : null;
  },
  counts: () => ({ requests, distinct: ids.size, bytes, hanging, firstAt, lastAt }),
  times: () => [...(times ?? [])],
});
