import { HttpService } from '@nestjs/axios';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import axios, { AxiosHeaders, type AxiosAdapter, type InternalAxiosRequestConfig } from 'axios';
import type { AttemptFailure } from '../../deliveries/webhook-attempt.entity.js';
import { exchange, type ExchangeOptions } from './exchange.js';
import { WebhookAgents, type ConnectionOptions } from './webhook-agents.js';
import { TransportError, WebhookTransport, type WebhookRequest, type WebhookResponse } from './webhook-transport.js';

/** The error codes by which Node and undici say why a request failed. */
const REASONS: ReadonlyMap<string, AttemptFailure> = new Map([
  ['ECONNREFUSED', 'connection'],
  ['EHOSTUNREACH', 'connection'],
  ['ENETUNREACH', 'connection'],
  ['EADDRNOTAVAIL', 'connection'],
  ['UND_ERR_CONNECT_TIMEOUT', 'connect_timeout'],
  ['ETIMEDOUT', 'connect_timeout'],
  ['EPROTO', 'tls'],
]);
const TLS_CODE = /^(ERR_TLS_|ERR_SSL_|CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/;

/**
 * The `HttpService` that sends deliveries. A host may inject it and add interceptors to its `axiosRef`, for tracing or for a
 * proxy's header. They must not change the body, since it has been signed. Its defaults are frozen: a host that has to send in
 * another way provides its own `WebhookTransport`.
 */
export class WebhookHttpService extends HttpService implements OnApplicationShutdown {
  private readonly agents: WebhookAgents;

  constructor(private readonly options: ConnectionOptions & ExchangeOptions) {
    const agents = new WebhookAgents(options);
    super(
      axios.create({
        adapter: undiciAdapter(agents, options),
        // The body is already bytes, and the response is kept as it is.
        transformRequest: [],
        transformResponse: [],
        validateStatus: () => true,
      }),
    );
    const { defaults } = this.axiosRef;
    // axios adds its own Accept header, whatever create() gets.
    defaults.headers.common = {};
    Object.freeze(defaults.headers.common);
    Object.freeze(defaults.headers);
    Object.freeze(defaults);
    this.agents = agents;
  }

  /**
   * Sends a delivery, through the interceptors if there are any. If there are none, axios has nothing to add, and would take
   * about as long as the request itself.
   */
  async send({ url, headers, body }: WebhookRequest): Promise<WebhookResponse> {
    if (!this.hasInterceptors) return exchange({ method: 'POST', url, headers, body }, this.agents, this.options);
    // An Observable would cancel its request when it ends, which creates an error with a stack each time.
    const {
      status,
      headers: received,
      data,
    } = await this.axiosRef.post<string>(url, body, { headers: { ...headers } });
    return { status, headers: received as Record<string, string>, body: data };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.agents.destroy();
  }

  private get hasInterceptors(): boolean {
    const { request, response } = this.axiosRef.interceptors;
    return isUsed(request.handlers) || isUsed(response.handlers);
  }
}

/** If the list is missing, there may be interceptors. */
function isUsed(handlers: readonly unknown[] | undefined): boolean {
  return handlers === undefined || handlers.some((handler) => handler !== null);
}

/** An axios adapter over undici. */
function undiciAdapter(agents: WebhookAgents, options: ExchangeOptions): AxiosAdapter {
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

/** Sends through `@nestjs/axios`, so that a host's interceptors work. */
@Injectable()
export class AxiosTransport extends WebhookTransport {
  constructor(private readonly http: WebhookHttpService) {
    super();
  }

  async post(request: WebhookRequest): Promise<WebhookResponse> {
    try {
      return await this.http.send(request);
    } catch (error) {
      throw toTransportError(error);
    }
  }
}

function toTransportError(error: unknown): TransportError {
  const chain = causes(error);
  const known = chain.find((link) => link instanceof TransportError);
  if (known !== undefined) return known;
  const message = chain.at(-1)?.message ?? String(error);
  const codes = chain.map((link) => link.code).filter((code) => code !== undefined);
  const reason = codes.map((code) => REASONS.get(code) ?? (TLS_CODE.test(code) ? 'tls' : undefined)).find(Boolean);
  return new TransportError(reason ?? 'protocol', [codes[0], message].filter(Boolean).join(': '), { cause: error });
}

/**
 * An error and its causes, the outermost first. If several addresses were tried, only the first of their errors is followed.
 *
 * Errors are recognized by shape, not by `instanceof`: in a VM context, as under Jest, the errors of Node's core have other
 * classes.
 */
function causes(error: unknown): NodeJS.ErrnoException[] {
  if (!isErrorLike(error)) return [];
  const inner: unknown = 'errors' in error && Array.isArray(error.errors) ? error.errors[0] : error.cause;
  return [error, ...causes(inner)];
}

function isErrorLike(value: unknown): value is NodeJS.ErrnoException {
  return typeof value === 'object' && value !== null && 'name' in value && 'message' in value;
}
