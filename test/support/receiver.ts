import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { waitUntil } from './wait-until.js';

/** A request as it came in. */
export interface ReceivedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The bytes of the body. */
  readonly raw: Buffer;
  /** The body, parsed. */
  readonly body: DeliveredBody;
}

/** What deliveries carry, as far as the tests look at it. */
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

/** How the receiver answers: a status, or silence for as long as it lives. */
export type Answer = number | 'never';

/** A partner's HTTP endpoint. */
export class Receiver {
  readonly requests: ReceivedRequest[] = [];
  /** How long it takes for an answer, in ms. */
  delayMs = 0;
  /** Sent with each answer. */
  headers: Record<string, string> = {};
  /** The most requests that were under way at once, in all and by path. */
  readonly mostAtOnce: Record<string, number> = {};
  private readonly atOnce: Record<string, number> = {};
  private answers: Answer[] = [];
  private always: Answer = 200;

  private constructor(private readonly server: Server) {
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      this.count(1, 'all', request.url ?? '');
      response.on('close', () => this.count(-1, 'all', request.url ?? ''));
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const raw = Buffer.concat(chunks);
        const answer = this.answers.shift() ?? this.always;
        this.requests.push({
          path: request.url ?? '',
          headers: request.headers,
          raw,
          body: JSON.parse(raw.toString('utf8')) as DeliveredBody,
        });
        if (answer === 'never') return;
        const respond = (): unknown => response.writeHead(answer, this.headers).end(`answered ${answer}`);
        if (this.delayMs === 0) respond();
        else setTimeout(respond, this.delayMs);
      });
    });
  }

  /** @param port 0 takes any free one; a fixed one stands in for a receiver that comes back */
  static async listen(port = 0): Promise<Receiver> {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', resolve);
    });
    return new Receiver(server);
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  url(path = '/hook'): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  /** Answers the next requests so, and those after them with 200. */
  answerNext(...answers: Answer[]): void {
    this.answers = answers;
  }

  /** Answers every request so. */
  answerAlways(answer: Answer): void {
    this.always = answer;
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

  private count(change: 1 | -1, ...keys: string[]): void {
    for (const key of keys) {
      const count = (this.atOnce[key] ?? 0) + change;
      this.atOnce[key] = count;
      this.mostAtOnce[key] = Math.max(this.mostAtOnce[key] ?? 0, count);
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
