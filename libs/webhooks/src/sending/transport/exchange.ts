import type { Socket } from 'node:net';
import type { buildConnector, Dispatcher } from 'undici';
import type { WebhookAddressPolicy } from '../../destinations/address-policy.js';
import { addressRefused, TransportError, type WebhookResponse } from './webhook-transport.js';

/** The bounds of an exchange, in ms and bytes. */
export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly addresses: WebhookAddressPolicy;
}

/** One request. */
export interface ExchangeRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** Information about the connection of a request. The connection fills it in. */
export interface ConnectionNote {
  /** Whether the connection existed before the request. The receiver may then just have closed it. */
  reused: boolean;
}

/** Options of a request over one of the agents, besides undici's own. */
export interface NotedRequest {
  readonly connectionNote?: ConnectionNote;
}

/** A URL in the parts that undici takes. */
export interface Target {
  readonly url: URL;
  readonly origin: string;
  readonly path: string;
}

/** Finds the connections of exchanges. */
export interface ExchangeAgents {
  target(text: string): Target;
  /** Keeps connections alive, pooled by origin. */
  readonly pooled: Dispatcher;
  /** Makes a connection for each request. */
  readonly fresh: Dispatcher;
}

/** The error codes of a connection that the other side has closed or reset. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);
/** More than a receiver that says that it is still working needs. Each starts the counting of header bytes anew. */
const MOST_INTERIM_RESPONSES = 16;
/**
 * Room for what undici does not count: status line, interim responses, and the sizes and extensions of chunks. A body of
 * 16 KiB may even come in chunks of one byte.
 */
const FRAMING_BYTES = 64 * 1024;

/**
 * Sends one request and reads its response within the bounds, without following redirects.
 *
 * If a kept connection breaks before a response begins, the request is sent once more, on a new connection. Receivers
 * may close idle connections, so this is not their failure. If the receiver did read the first request, it recognizes
 * the second by its `webhook-id`. `timeoutMs` limits both together.
 */
export async function exchange(
  { method, url: text, headers, body }: ExchangeRequest,
  agents: ExchangeAgents,
  options: ExchangeOptions,
): Promise<WebhookResponse> {
  const { url, origin, path } = agents.target(text);
  const refusal = options.addresses.urlRefusal(url);
  if (refusal !== null) throw addressRefused(refusal);
  const connectionNote: ConnectionNote = { reused: false };
  const request = { origin, path, method, headers, body, connectionNote };
  const answer = new Answer(options);
  try {
    return await answer.to(request, agents.pooled);
  } catch (error) {
    if (answer.hasBegun || answer.isLate || !connectionNote.reused || !isBroken(error)) throw error;
    return await answer.to(request, agents.fresh);
  } finally {
    answer.cancelDeadline();
  }
}

/** Reads the beginning of a response, and never waits for the end of one that is too long. */
class Answer implements Dispatcher.DispatchHandler {
  private readonly deadline: Deadline;
  private readonly chunks: Buffer[] = [];
  private read = 0;
  private interimResponses = 0;
  private status: number | null = null;
  private headers: Readonly<Record<string, string>> = {};
  private late: TransportError | null = null;
  private controller: Dispatcher.DispatchController | null = null;
  private resolve: (response: WebhookResponse) => void = () => undefined;
  private reject: (error: unknown) => void = () => undefined;

  constructor(private readonly options: ExchangeOptions) {
    this.deadline = new Deadline(options.timeoutMs, () => this.breakOff());
  }

  get hasBegun(): boolean {
    return this.status !== null;
  }

  get isLate(): boolean {
    return this.late !== null;
  }

  /** Sends a request. undici's own promises, streams and signals would cost as much as everything below them. */
  to(request: Dispatcher.DispatchOptions & NotedRequest, agent: Dispatcher): Promise<WebhookResponse> {
    return new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
      agent.dispatch(request, this);
    });
  }

  cancelDeadline(): void {
    this.deadline.cancel();
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    // The deadline passed while the connection was being made.
    if (this.late !== null) controller.abort(this.late);
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHeaders): void {
    const isInterim = status < 200;
    if (isInterim) {
      this.interimResponses += 1;
      if (this.interimResponses <= MOST_INTERIM_RESPONSES) return;
      const message = `Aborted: more than ${MOST_INTERIM_RESPONSES} interim responses (status 1xx) came before the response.`;
      controller.abort(new TransportError('protocol', message));
      return;
    }
    this.status = status;
    this.headers = singleValues(headers);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.chunks.push(chunk);
    this.read += chunk.length;
    if (this.read <= this.options.maxResponseBytes) return;
    this.onResponseEnd();
    controller.abort(new TransportError('protocol', 'The rest of the response is not read.'));
  }

  onResponseEnd(): void {
    const body = Buffer.concat(this.chunks).toString('utf8', 0, this.options.maxResponseBytes);
    this.resolve({ status: this.status ?? 0, headers: this.headers, body });
  }

  onResponseError(_: Dispatcher.DispatchController, error: Error): void {
    this.reject(error);
  }

  private breakOff(): void {
    const { timeoutMs } = this.options;
    this.late = this.hasBegun
      ? new TransportError('timeout', `Aborted: the response began, but did not end within ${timeoutMs} ms.`)
      : new TransportError('headers_timeout', `Aborted: no response began within ${timeoutMs} ms.`);
    this.controller?.abort(this.late);
  }
}

type IncomingHeaders = Readonly<Record<string, string | string[] | undefined>>;

function isBroken(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && BROKEN.has(String(error.code));
}

function singleValues(headers: IncomingHeaders): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    single[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return single;
}

/** The end of the time that a receiver has. */
export class Deadline {
  private readonly timer: NodeJS.Timeout;
  private lastLook: NodeJS.Immediate | undefined;

  /**
   * Calls `passed` after `ms`, unless it is cancelled before.
   *
   * After the process stood still, Node runs its timers before it reads its sockets. An answer that came in time would seem to
   * be late, and the receiver to fail. Therefore, what has arrived is read before `passed` is called.
   */
  constructor(ms: number, passed: () => void) {
    this.timer = setTimeout(() => {
      this.lastLook = setImmediate(passed);
    }, ms);
  }

  cancel(): void {
    clearTimeout(this.timer);
    clearImmediate(this.lastLook);
  }
}

/** The most bytes that are read for one response. */
export function mostReadBytes(maxHeaderBytes: number, maxResponseBytes: number): number {
  return maxHeaderBytes + maxResponseBytes + FRAMING_BYTES;
}

/** Bounds the bytes that are read on a connection for each exchange. Over TLS, these are the decrypted bytes. */
export class ReadLimit {
  private socket: Socket | null = null;
  private readBefore = 0;

  /** @param mostBytes for one exchange. The last read may exceed it, because bytes that arrive together are read together */
  constructor(private readonly mostBytes: number) {}

  /** Begins an exchange. */
  restart(): void {
    this.readBefore = this.socket?.bytesRead ?? 0;
  }

  /** A connector whose connections are closed when an exchange exceeds the limit. */
  on(connect: buildConnector.connector): buildConnector.connector {
    return (target, callback) => {
      connect(target, (...result) => {
        callback(...result);
        const [error, socket] = result;
        // undici listens now, so it has parsed what has come before it is judged: a long body is no failure.
        if (error === null && socket !== null) this.watch(socket);
      });
    };
  }

  private watch(socket: Socket): void {
    this.socket = socket;
    this.restart();
    socket.on('readable', () => {
      if (socket.bytesRead - this.readBefore <= this.mostBytes) return;
      const message = `Aborted: more than ${this.mostBytes} bytes came, and the response had not ended.`;
      socket.destroy(new TransportError('protocol', message));
    });
  }
}
