import { lookup as dnsLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { AxiosHeaders, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import { Agent, request, type Dispatcher } from 'undici';
import { literalAddress, type WebhookAddressPolicy } from '../../subscriptions/address-policy.js';
import { TransportError } from './transport-error.js';

/** The bounds of a request, in ms and bytes. */
export interface UndiciAdapterOptions {
  readonly connectTimeoutMs: number;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly addresses: WebhookAddressPolicy;
}

/**
 * Connections that are kept alive and pooled by origin. Each address is checked when it is connected to, after its name
 * was resolved, so that a name cannot be pointed elsewhere in between.
 */
export function boundedAgent(options: UndiciAdapterOptions): Agent {
  return new Agent({
    connect: {
      // undici heeds a request's signal only once its connection stands.
      timeout: Math.min(options.connectTimeoutMs, options.timeoutMs),
      lookup: checkedLookup(options.addresses),
    },
    headersTimeout: options.timeoutMs,
    bodyTimeout: options.timeoutMs,
    pipelining: 1,
  });
}

/** An axios adapter over undici, which does not follow redirects. */
export function undiciAdapter(agent: Agent, options: UndiciAdapterOptions): AxiosAdapter {
  return async (config) => {
    const url = new URL(config.url ?? '');
    refuseLiteralAddress(url, options.addresses);
    const response = await request(url, {
      dispatcher: agent,
      method: (config.method ?? 'post').toUpperCase(),
      headers: plainHeaders(config.headers),
      body: bytes(config.data),
      signal: AbortSignal.timeout(options.timeoutMs),
    });
    return {
      status: response.statusCode,
      statusText: '',
      headers: AxiosHeaders.from(singleValues(response.headers)),
      data: await readBounded(response.body, options.maxResponseBytes),
      config,
    };
  };
}

function bytes(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  throw new TypeError('The body of a delivery is the bytes that were signed; an interceptor has replaced it.');
}

function plainHeaders(headers: InternalAxiosRequestConfig['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers.toJSON(true)).map(([name, value]) => [name, String(value)]));
}

function singleValues(headers: Readonly<Record<string, string | string[] | undefined>>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, [value ?? ''].flat().join(', ')]));
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

function refuseLiteralAddress(url: URL, addresses: WebhookAddressPolicy): void {
  const address = literalAddress(url);
  const refusal = address === null ? null : addresses.refusal(address);
  if (refusal !== null) throw refused(refusal);
}

/** Resolves a name and hands on only addresses that may be called. */
function checkedLookup(addresses: WebhookAddressPolicy): LookupFunction {
  return (hostname, lookupOptions, callback) => {
    dnsLookup(hostname, { ...lookupOptions, all: true }, (error, found) => {
      if (error !== null) {
        callback(error, '', 0);
        return;
      }
      const allowed = found.filter(({ address }) => addresses.refusal(address) === null);
      if (allowed.length === 0) {
        const reasons = found.map(({ address }) => addresses.refusal(address)).join('; ');
        callback(refused(`${hostname}: ${reasons}`), '', 0);
        return;
      }
      answer(lookupOptions.all === true, allowed, callback);
    });
  };
}

function answer(all: boolean, found: LookupAddress[], callback: Parameters<LookupFunction>[2]): void {
  const [first] = found;
  if (all || first === undefined) callback(null, found);
  else callback(null, first.address, first.family);
}

function refused(reason: string): TransportError {
  return new TransportError('address_refused', `Not called: ${reason}`);
}
