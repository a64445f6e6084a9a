import { AxiosHeaders, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import { exchange, type ExchangeOptions } from './exchange.js';
import type { WebhookAgents } from './webhook-agents.js';

/** An axios adapter over undici. */
export function undiciAdapter(agents: WebhookAgents, options: ExchangeOptions): AxiosAdapter {
  return async (config) => {
    const method = (config.method ?? 'post').toUpperCase();
    const sent = { method, url: config.url ?? '', headers: plainHeaders(config.headers), body: bytes(config.data) };
    const { status, headers, body } = await exchange(sent, agents, options);
    return { status, statusText: '', headers: AxiosHeaders.from(headers), data: body, config };
  };
}

function bytes(data: unknown): Buffer {
  if (Buffer.isBuffer(data)) return data;
  throw new TypeError('The body of a delivery is the bytes that were signed; an interceptor has replaced it.');
}

function plainHeaders(headers: InternalAxiosRequestConfig['headers']): Record<string, string> {
  return Object.fromEntries(Object.entries(headers.toJSON(true)).map(([name, value]) => [name, String(value)]));
}
