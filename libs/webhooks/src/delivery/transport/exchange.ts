import { request, type Dispatcher } from 'undici';
import type { WebhookAddressPolicy } from '../../subscriptions/address-policy.js';
import { addressRefused, TransportError } from './transport-error.js';
import type { ConnectionNote, NotedRequest, WebhookAgents } from './webhook-agents.js';
import type { WebhookResponse } from './webhook-transport.js';

/** The bounds of an exchange, in ms and bytes. */
export interface ExchangeOptions {
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly addresses: WebhookAddressPolicy;
}

/** What is sent. */
export interface Exchange {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

/** How a connection ends that the other side has closed or reset. */
const BROKEN = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

/** Makes one exchange within its bounds, without following redirects. */
export async function exchange(
  { method, url: text, headers, body }: Exchange,
  agents: WebhookAgents,
  options: ExchangeOptions,
): Promise<WebhookResponse> {
  const url = new URL(text);
  const refusal = options.addresses.urlRefusal(url);
  if (refusal !== null) throw addressRefused(refusal);
  const signal = AbortSignal.timeout(options.timeoutMs);
  const response = await send(url, agents, { method, headers, body, signal }).catch((error: unknown) => {
    throw error === signal.reason ? late('headers_timeout', 'no answer began', options) : error;
  });
  const data = await readBounded(response.body, options.maxResponseBytes).catch((error: unknown) => {
    throw error === signal.reason ? late('timeout', 'the answer began, but did not end', options) : error;
  });
  return { status: response.statusCode, headers: singleValues(response.headers), body: data };
}

type RequestOptions = Pick<Dispatcher.RequestOptions, 'method' | 'headers' | 'body'> & { readonly signal: AbortSignal };

/**
 * Sends a request, and once more on a connection of its own when a kept one turns out to be closed before an answer came:
 * receivers close idle connections as they like, and this is not their failure. Should the first request have been
 * read all the same, the receiver knows the second by its `webhook-id`. `timeoutMs` holds for both together.
 */
async function send(url: URL, agents: WebhookAgents, options: RequestOptions): Promise<Dispatcher.ResponseData> {
  const connectionNote: ConnectionNote = { reused: false };
  const noted: RequestOptions & NotedRequest = { ...options, connectionNote };
  try {
    return await request(url, { ...noted, dispatcher: agents.pooled });
  } catch (error) {
    if (options.signal.aborted || !connectionNote.reused || !isBroken(error)) throw error;
    return request(url, { ...options, dispatcher: agents.fresh });
  }
}

function isBroken(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && BROKEN.has(String(error.code));
}

function late(reason: 'headers_timeout' | 'timeout', what: string, { timeoutMs }: ExchangeOptions): TransportError {
  return new TransportError(reason, `Broken off: ${what} within ${timeoutMs} ms.`);
}

function singleValues(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  const single: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers))
    single[name] = Array.isArray(value) ? value.join(', ') : (value ?? '');
  return single;
}

/** Reads the beginning of a body and lets go of the rest: what a receiver sends on and on is never waited for. */
async function readBounded(body: Dispatcher.ResponseData['body'], limit: number): Promise<string> {
  const chunks: Buffer[] = [];
  let read = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    read += chunk.length;
    // Leaving the loop destroys the body's stream, and with it a connection that still has more to say.
    if (read > limit) break;
  }
  return Buffer.concat(chunks).subarray(0, limit).toString('utf8');
}
