import {
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { LOOPBACK, PRIVATE_KEY } from './hostile-certificates.js';
import { useResource, type Span } from './resources.js';
import { waitUntil } from './wait-until.js';

/** A request as it came in. */
export interface ReceivedRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes of the body. */
  readonly raw: Buffer;
  /** The body, parsed. */
  readonly body: DeliveredBody;
}

/** The parts of a delivery's body that the tests read. */
export interface DeliveredBody {
  event: string;
  webhook: Record<string, unknown>;
  supplier: Record<string, unknown>;
  booking?: Record<string, unknown>;
  order?: Record<string, unknown>;
  product?: Record<string, unknown>;
  availability?: Record<string, unknown>;
  productId?: string;
  optionId?: string;
  diff?: { op: string; path: string; was?: unknown; value?: unknown }[];
}

/** How the receiver answers: with a status, or never. */
export type Answer = number | 'never';

/** A partner's HTTP server. */
export class Receiver {
  requests: ReceivedRequest[] = [];
  /** How long it waits before it answers, in ms. */
  delayMs = 0;
  /** Sent with each answer. */
  headers: Record<string, string> = {};
  /** The most requests that were under way at once, in all and by path. */
  mostAtOnce: Record<string, number> = {};
  private atOnce: Record<string, number> = {};
  private answers: Answer[] = [];
  private always: Answer = 200;
  private server: Server | null = null;
  private held: (() => void)[] | null = null;
  private beforeHolding = 0;

  /** @param port 0 takes any free one; a fixed one stands in for a receiver that comes back */
  static async listen(port = 0): Promise<Receiver> {
    const receiver = new Receiver();
    await receiver.open(port);
    return receiver;
  }

  /** @param scheme https with a certificate of the authority `SELF_SIGNED` */
  constructor(private readonly scheme: 'http' | 'https' = 'http') {}

  /** Listens, and forgets all earlier requests. */
  async open(port = 0): Promise<void> {
    const server = this.scheme === 'http' ? createServer() : createTlsServer({ key: PRIVATE_KEY, cert: LOOPBACK });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    [this.requests, this.answers, this.always, this.held] = [[], [], 200, null];
    [this.delayMs, this.headers, this.mostAtOnce, this.atOnce] = [0, {}, {}, {}];
    this.server = server.on('request', (request, response) => this.receive(request, response));
  }

  get port(): number {
    return (this.server?.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `${this.scheme}://127.0.0.1:${this.port}${path}`;
  }

  /** Gives these answers to the next requests, and 200 to those after them. */
  answerNext(...answers: Answer[]): void {
    this.answers = answers;
  }

  /** Gives this answer to every request. */
  answerAlways(answer: Answer): void {
    this.always = answer;
  }

  /** Answers no more than that many requests, until `release`. */
  hold(after = 0): void {
    this.held ??= [];
    this.beforeHolding = after;
  }

  /** Answers the held requests in their order, and from now on each request as it comes. */
  release(): void {
    const held = this.held ?? [];
    this.held = null;
    for (const answer of held) answer();
  }

  /** How many requests wait for `release`. */
  get holding(): number {
    return this.held?.length ?? 0;
  }

  /** Waits until that many requests have come in all. */
  async received(count: number): Promise<readonly ReceivedRequest[]> {
    await waitUntil(
      `${count} requests`,
      () => this.requests.length >= count,
      () => `${this.requests.length} came`,
    );
    return this.requests;
  }

  async close(): Promise<void> {
    const { server } = this;
    if (server === null) return;
    this.server = null;
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }

  private receive(request: IncomingMessage, response: ServerResponse): void {
    const { method = '', url: path = '', headers } = request;
    const chunks: Buffer[] = [];
    this.count(1, 'all', path);
    response.on('close', () => this.count(-1, 'all', path));
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const raw = Buffer.concat(chunks);
      const answer = this.answers.shift() ?? this.always;
      this.requests.push({ method, path, headers, raw, body: JSON.parse(raw.toString('utf8')) as DeliveredBody });
      if (answer !== 'never') this.answer(() => response.writeHead(answer, this.headers).end(`answered ${answer}`));
    });
  }

  private answer(respond: () => unknown): void {
    if (this.held !== null && (this.beforeHolding -= 1) < 0) this.held.push(respond);
    else if (this.delayMs === 0) respond();
    else setTimeout(respond, this.delayMs);
  }

  private count(change: 1 | -1, ...keys: string[]): void {
    for (const key of keys) {
      const count = (this.atOnce[key] ?? 0) + change;
      this.atOnce[key] = count;
      this.mostAtOnce[key] = Math.max(this.mostAtOnce[key] ?? 0, count);
    }
  }
}

/** A receiver that listens while tests run; by default each test has a fresh one. */
export function useReceiver(per: Span = 'test', scheme: 'http' | 'https' = 'http'): Receiver {
  const receiver = new Receiver(scheme);
  useResource(per, async () => {
    await receiver.open();
    return () => receiver.close();
  });
  return receiver;
}
